namespace SlmOps.Quantizer.Tests.Corpus;

public sealed class FuzzTests
{
    [Fact]
    public void InspectAndQuantize_MutatedFiles_AlwaysAnswer()
    {
        using var folder = new TemporaryFolder();
        var fuzzer = new FileFuzzer(folder.Path, FileFuzzer.Seeds(folder.Path, 20), seed: 7);
        fuzzer.WarmUp();
        var failures = fuzzer.Run(0, 1500).Take(5).ToList();
        Assert.True(failures.Count == 0, string.Join("\n", failures));
        Assert.True(fuzzer.Valid > 50, "Too few mutations stayed valid to test quantization.");
    }
}
