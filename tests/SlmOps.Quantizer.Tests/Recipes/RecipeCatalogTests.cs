using SlmOps.Quantizer.Options;
using SlmOps.Quantizer.Recipes;
using SlmOps.Quantizer.Tests.Corpus;

namespace SlmOps.Quantizer.Tests.Recipes;

public sealed class RecipeCatalogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. RecipeCatalog.All.Select(recipe => recipe.Name)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void All_Names_AreEachTheirOwn() => Assert.Distinct(RecipeCatalog.All.Select(recipe => recipe.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void Recipe_Requirements_AreOptionsThatItTakes(string name)
    {
        var recipe = RecipeCatalog.Find(name)!;

        Assert.Equal(recipe.RequiresOneOf.Count, OptionChecker.Required(recipe).Count);
        Assert.All(OptionChecker.Required(recipe), option => Assert.Contains(recipe, option.Recipes));
    }

    [Fact]
    public void Estimate_Model_NamesTheRecipesWhoseSizeFollowsFromTheGraph()
    {
        var b = new GraphBuilder();
        b.Input("x", GraphBuilder.Float, "m", 64);
        b.Weight("w", Weights.Normal(new Random(1), 64 * 64, 1), 64, 64);
        b.Add("MatMul", ["x", "w"], "y");
        b.Output("y");

        var estimates = RecipeEstimator.Estimate(b.Save(_folder.Path), 20_000, null, CancellationToken.None);

        Assert.Equal(["fp16", "int8", "int8-dynamic", "int4", "int4-mixed"], estimates.Select(estimate => estimate.Recipe));
    }
}
