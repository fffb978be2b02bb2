namespace SlmOps.Quantizer.Tests.Corpus;

public sealed class CorpusTests
{
    public static TheoryData<int> Recipes => [.. Enumerable.Range(0, CorpusRun.Recipes.Length)];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Quantize_AwkwardGraphs_LoadRunAndStayClose(int recipe)
    {
        var (options, bound) = CorpusRun.Recipes[recipe];
        var failures = Enumerable.Range(0, 24).Select(seed => CorpusRun.Check(seed + (100 * recipe), options, bound)).OfType<string>().ToList();
        Assert.True(failures.Count == 0, string.Join("\n", failures));
    }
}
