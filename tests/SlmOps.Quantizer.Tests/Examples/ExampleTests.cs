using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Tests.Corpus;

namespace SlmOps.Quantizer.Tests.Examples;

/// <summary>What the pages for developers show works.</summary>
public sealed class ExampleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TablesRecipe_Plan_QuantizesTheTableWithoutBeingAsked()
    {
        var b = new GraphBuilder();
        b.Input("x", GraphBuilder.Int64, 2);
        b.Weight("table", Weights.Normal(new Random(1), 64 * 64, 1), 64, 64);
        b.Add("Gather", ["table", "x"], "y");
        b.Output("y");
        using var inspected = InspectedModel.Open(b.Save(_folder.Path), new(), CancellationToken.None);
        var analysis = ModelAnalysis.Of(inspected.Model!, inspected.File, CancellationToken.None);

        var plan = Planner.Plan(TablesRecipe.Entry, new() { Recipe = TablesRecipe.Entry.Name }, analysis);

        var product = Assert.Single(Assert.Single(plan.Weights).Products);
        Assert.Equal(4, Assert.IsType<BlockScheme>(product.Scheme).Bits);
        Assert.Equal("recipe int4-tables", product.Reason);
    }

    [Fact]
    public void BlockSizeOption_Value_ReachesTheOptions() =>
        Assert.Equal(64, BlockSizeOption.Entry.With(new() { Recipe = "int4" }, 64L).BlockSize);
}
