using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Inspection;

/// <summary>How many rows the table has that an input picks from, as the facts of a model say.</summary>
public sealed class IndexedTablesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private long? Rows(Action<GraphBuilder> build)
    {
        var b = new GraphBuilder();
        b.Input("ids", GraphBuilder.Int64, 1, "n");
        b.Weight("table", new float[500 * 8], 500, 8);
        build(b);
        b.Output("y");
        return ModelInspector
            .Inspect(b.Save(_folder.Path), new(), TestContext.Current.CancellationToken)
            .Facts!.Inputs.Single(port => port.Name == "ids")
            .Rows;
    }

    [Fact]
    public void Rows_TableReadDirectly_AreItsRows() => Assert.Equal(500, Rows(b => b.Add("Gather", ["table", "ids"], "y")));

    [Fact]
    public void Rows_BehindNodesThatKeepTheNumbers_AreFound() =>
        Assert.Equal(
            500,
            Rows(b =>
                b.Add(
                    "Gather",
                    ["table", b.Node("Reshape", [b.Node("Cast", ["ids"], GraphBuilder.Int("to", GraphBuilder.Int32)), b.Ints(-1)])],
                    "y")));

    [Fact]
    public void Rows_NumbersThatAreShifted_AreLess() => Assert.Equal(498, Rows(b =>
        b.Add("Gather", ["table", b.Node("Add", ["ids", b.Ints(2)])], "y")));

    [Fact]
    public void Rows_SeveralTables_AreThoseOfTheSmallest() => Assert.Equal(3, Rows(b =>
    {
        b.Weight("types", new float[3 * 8], 3, 8);
        b.Add("Add", [b.Node("Gather", ["table", "ids"]), b.Node("Gather", ["types", "ids"])], "y");
    }));

    [Fact]
    public void Rows_TableInsideAFunction_AreFound() => Assert.Equal(500, Rows(b =>
    {
        b.Domain("local", 1);
        b.Model.Functions.Add(new FunctionProto
        {
            Name = "Pick",
            Domain = "local",
            Input = { "i", "t" },
            Output = { "o" },
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = 17 } },
            Node =
            {
                new NodeProto { OpType = "Constant", Output = { "c" }, Attribute = { new AttributeProto { Name = "value", Type = 4, T = GraphBuilder.Tensor("c", new float[500 * 8], 500, 8) } } },
                new NodeProto { OpType = "Gather", Input = { "c", "i" }, Output = { "o" } },
            },
        });
        b.Add("Pick", ["ids", "table"], "y").Domain = "local";
    }));

    [Fact]
    public void Rows_NumbersThatPickNothing_AreNull() => Assert.Null(Rows(b =>
        b.Add("Cast", ["ids"], "y", GraphBuilder.Int("to", GraphBuilder.Float))));
}
