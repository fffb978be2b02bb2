namespace SlmOps.Quantizer.Tests.Corpus;

public sealed class CorpusTests
{
    public static TheoryData<int> Recipes => [.. Enumerable.Range(0, CorpusRun.Recipes.Length)];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Quantize_AwkwardGraphs_LoadRunAndComputeTheSameFunction(int recipe)
    {
        var failures = Enumerable
            .Range(0, 24)
            .Select(seed => CorpusRun.Check(seed + (100 * recipe), CorpusRun.Recipes[recipe]))
            .OfType<string>()
            .ToList();
        Assert.True(failures.Count == 0, string.Join("\n", failures));
    }
}
