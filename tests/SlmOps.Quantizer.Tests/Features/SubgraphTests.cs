using Google.Protobuf;
using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Features;

/// <summary>
/// Weights that a body or a branch reads. What runtimes make of the outputs is tried in Outside; here it is where tensors lie.
/// </summary>
public sealed class SubgraphTests : IDisposable
{
    private const int Wide = 256;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("int4")]
    [InlineData("int8")]
    public void Quantize_BranchesThatStay_HaveZeroPointsOfTheirOwnOverTheSameBytes(string recipe)
    {
        var (report, model) = Quantize(Model("run", weightInside: false), recipe);

        var (then, otherwise) = (Branch(model, "then_branch"), Branch(model, "else_branch"));
        Assert.Equal(Product(then).Input[1], Product(otherwise).Input[1]);
        Assert.DoesNotContain(model.Graph.Initializer, t => t.Name.Contains("_zp", StringComparison.Ordinal));
        var (first, second) = (ZeroPoints(then), ZeroPoints(otherwise));
        Assert.NotEqual(first.Name, second.Name);
        Assert.Equal(first.ExternalData, second.ExternalData);
        Assert.Equal(recipe == "int4" ? "1.18.0" : "1.22.0", report.MinimumOrt);
        Assert.Equal(Quantize(Model("none", weightInside: false), recipe).Report.Files[0].Bytes, report.Files[0].Bytes);
    }

    [Theory]
    [InlineData("constant", false)]
    [InlineData("constant", true)]
    [InlineData("shape", false)]
    [InlineData("shape", true)]
    public void Quantize_BranchesThatMayMerge_KeepNoTensorOfTheirOwn(string condition, bool weightInside)
    {
        var (report, model) = Quantize(Model(condition, weightInside), "int4");

        foreach (var branch in new[] { Branch(model, "then_branch"), Branch(model, "else_branch") })
        {
            Assert.Empty(branch.Initializer);
            Assert.Contains(model.Graph.Initializer, t => t.Name == Product(branch).Input[1]);
            Assert.Equal(condition == "constant", Product(branch).Input.Count > 3);
        }

        Assert.All(report.Tensors, t => Assert.Equal(condition == "constant" ? "block-asymmetric" : "block-symmetric", t.Scheme));
        Assert.Equal("1.18.0", report.MinimumOrt);
    }

    [Theory]
    [InlineData("fp16")]
    [InlineData("prune")]
    [InlineData("int4")]
    public void Quantize_LargeTensorStaysInABranchThatMayMerge_NeedsTheRuntimeThatOpensIt(string recipe)
    {
        var b = Model("constant", weightInside: true);
        Branch(b.Model, "then_branch").Node.Single().Name = "stays";
        var (report, _) = Quantize(b, recipe, keepFloat: "stays");
        Assert.Equal("1.29.0", report.MinimumOrt);
    }

    [Fact]
    public void Quantize_LoopInsideABranchThatMayMerge_HasZeroPointsInTheLoop()
    {
        var b = Model("constant", weightInside: false);
        var branch = Branch(b.Model, "then_branch");
        var product = branch.Node.Single();
        branch.Node.Clear();
        var body = new GraphProto { Name = "body" };
        body.Input.AddRange([
            GraphBuilder.Value("i", GraphBuilder.Int64, []),
            GraphBuilder.Value("go", GraphBuilder.Bool, []),
            GraphBuilder.Value("h", GraphBuilder.Float, null),
        ]);
        body.Node.Add(
            new NodeProto
            {
                OpType = "Identity",
                Input = { "go" },
                Output = { "on" },
            }
        );
        product.Input[0] = "h";
        body.Node.Add(product);
        body.Output.AddRange([
            GraphBuilder.Value("on", GraphBuilder.Bool, []),
            GraphBuilder.Value(product.Output[0], GraphBuilder.Float, null),
        ]);
        var loop = new NodeProto
        {
            OpType = "Loop",
            Name = "loop",
            Input = { "trips", "", "x" },
            Output = { "looped" },
        };
        loop.Attribute.Add(GraphBuilder.Of("body", body));
        branch.Node.Add(loop);
        branch.Output[0].Name = "looped";
        b.Graph.Initializer.Add(
            new TensorProto
            {
                Name = "trips",
                DataType = GraphBuilder.Int64,
                RawData = ByteString.CopyFrom(BitConverter.GetBytes(2L)),
            }
        );

        var (_, model) = Quantize(b, "int4");

        var written = Branch(model, "then_branch").Node.Single(n => n.OpType == "Loop").Attribute.Single(a => a.Name == "body").G;
        Assert.NotNull(ZeroPoints(written));
        Assert.Contains(model.Graph.Initializer, t => t.Name == Product(Branch(model, "else_branch")).Input[3]);
    }

    [Theory]
    [InlineData("run", true, false)]
    [InlineData("constant", false, false)]
    [InlineData("constant", true, true)]
    [InlineData("shape", true, true)]
    public void Inspect_TensorInABranchThatMayMerge_WarnsOfTheVersionsThatRefuseIt(string condition, bool weightInside, bool warns)
    {
        var facts = ModelInspector.Inspect(Model(condition, weightInside).Save(_folder.Path), new(), CancellationToken.None).Facts!;
        Assert.Equal(warns ? ["1.29.0", "1.29.0"] : [], facts.Warnings.Select(warning => warning.From));
        Assert.All(facts.Warnings, warning => Assert.Matches("1.24.1 to 1.27.0.*(then|else)_w", warning.Text));
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Inspect_ProductWhoseZeroPointsLieOutsideItsBody_WarnsOfTheVersionsThatMisreadThem(bool outside, bool warns)
    {
        var (_, model) = Quantize(Model("run", weightInside: false), "int4");
        if (outside)
        {
            var branch = Branch(model, "then_branch");
            var zeroPoints = ZeroPoints(branch);
            branch.Initializer.Remove(zeroPoints);
            model.Graph.Initializer.Add(zeroPoints);
        }

        var path = Path.Combine(Directory.GetDirectories(_folder.Path).Single(), "out.onnx");
        File.WriteAllBytes(path, model.ToByteArray());
        var warnings = ModelInspector.Inspect(path, new(), CancellationToken.None).Facts!.Warnings;
        Assert.Equal(warns ? ["1.29.0"] : [], warnings.Select(warning => warning.From));
        Assert.All(warnings, warning => Assert.Contains("then_product", warning.Text, StringComparison.Ordinal));
    }

    private (QuantizationReport Report, ModelProto Model) Quantize(GraphBuilder b, string recipe, string? keepFloat = null)
    {
        var options = new QuantizationOptions
        {
            Recipe = recipe,
            Symmetric = recipe is "fp16" or "prune" ? null : false,
            Sparsity = recipe == "prune" ? 0.3 : null,
            KeepFloat = keepFloat is null ? [] : [keepFloat],
        };
        var folder = _folder.File(Path.GetRandomFileName());
        var path = Path.Combine(folder, "out.onnx");
        var report = ModelQuantizer.Quantize(b.Save(folder), path, options, null, CancellationToken.None);
        Assert.Empty(ModelInspector.Inspect(path, new(), CancellationToken.None).Problems);
        return (report, ModelProto.Parser.ParseFrom(File.ReadAllBytes(path)));
    }

    // y = x · w in both branches, or without a branch; a branch may have a weight of its own.
    private static GraphBuilder Model(string condition, bool weightInside)
    {
        var b = new GraphBuilder();
        b.Input("x", GraphBuilder.Float, 2, Wide);
        var weight = GraphBuilder.Tensor("w", Weights.Normal(new Random(1), Wide * Wide, 1), Wide, Wide);
        if (!weightInside)
        {
            b.Graph.Initializer.Add(weight);
        }

        if (condition == "none")
        {
            b.Add("MatMul", ["x", "w"], "y");
            b.Output("y");
            return b;
        }

        var flag = Condition(b, condition);
        GraphProto Build(string name)
        {
            var branch = new GraphProto { Name = name };
            if (weightInside)
            {
                branch.Initializer.Add(GraphBuilder.Tensor($"{name}_w", Weights.Normal(new Random(2), Wide * Wide, 1), Wide, Wide));
            }

            branch.Node.Add(
                new NodeProto
                {
                    OpType = "MatMul",
                    Name = $"{name}_product",
                    Input = { "x", weightInside ? $"{name}_w" : "w" },
                    Output = { $"{name}_y" },
                }
            );
            branch.Output.Add(GraphBuilder.Value($"{name}_y", GraphBuilder.Float, null));
            return branch;
        }

        b.Add("If", [flag], "y", GraphBuilder.Of("then_branch", Build("then")), GraphBuilder.Of("else_branch", Build("else")));
        b.Output("y");
        return b;
    }

    private static string Condition(GraphBuilder b, string condition)
    {
        switch (condition)
        {
            case "run":
                b.Input("flag", GraphBuilder.Bool);
                return b.Node("Not", ["flag"]);
            case "shape":
                return b.Node(
                    "Equal",
                    [
                        b.Node("Size", ["x"]),
                        b.Node(
                            "Constant",
                            [],
                            GraphBuilder.Of(
                                "value",
                                new TensorProto
                                {
                                    DataType = GraphBuilder.Int64,
                                    RawData = ByteString.CopyFrom(BitConverter.GetBytes(512L)),
                                }
                            )),
                    ]);
            default:
                b.Graph.Initializer.Add(new TensorProto { Name = "flag", DataType = GraphBuilder.Bool, RawData = ByteString.CopyFrom(1) });
                return "flag";
        }
    }

    private static GraphProto Branch(ModelProto model, string name) =>
        model.Graph.Node.Single(n => n.OpType == "If").Attribute.Single(a => a.Name == name).G;

    private static NodeProto Product(GraphProto graph) => graph.Node.Single(n => n.OpType == "MatMulNBits");

    private static TensorProto ZeroPoints(GraphProto graph) => graph.Initializer.Single(t => t.Name == Product(graph).Input[3]);
}
