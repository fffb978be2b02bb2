using Google.Protobuf;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>Layers whose products lie in subgraphs or in a local function.</summary>
internal static class AwkwardScopes
{
    internal static string If(GraphBuilder b, Random random, string x, int k, int n)
    {
        var outside = AwkwardLayers.Initializer(b, random, k, n);
        var condition = Condition(b, x, k, n);
        var then = Branch(b, x, w: outside, "then");
        var otherwise = Branch(b, x, null, "else", inside: () => AwkwardLayers.Initializer(b, random, k, n));
        return b.Node("If", [condition], GraphBuilder.Of("then_branch", then), GraphBuilder.Of("else_branch", otherwise));
    }

    // Constant, from the data of a run, or from a shape, which a runtime may know before any run.
    private static string Condition(GraphBuilder b, string x, int k, int n)
    {
        switch ((k + n) % 3)
        {
            case 0:
                var condition = b.Name("condition");
                b.Graph.Initializer.Add(
                    new TensorProto
                    {
                        Name = condition,
                        DataType = GraphBuilder.Bool,
                        RawData = ByteString.CopyFrom(1),
                    }
                );
                return condition;
            case 1:
                var most = b.Node("ReduceMax", [x], GraphBuilder.Int("keepdims", 0));
                return b.Node("Greater", [most, b.Weight(b.Name("low"), [float.MinValue])]);
            default:
                var width = b.Node("Gather", [b.Node("Shape", [x]), b.Ints(2)]);
                return b.Node("Equal", [width, b.Ints(k)]);
        }
    }

    internal static string Loop(GraphBuilder b, Random random, string x, int k, int n)
    {
        var body = new GraphProto { Name = "body" };
        var (iteration, condition, carried) = (b.Name("i"), b.Name("c"), b.Name("h"));
        body.Input.Add(GraphBuilder.Value(iteration, GraphBuilder.Int64, []));
        body.Input.Add(GraphBuilder.Value(condition, GraphBuilder.Bool, []));
        body.Input.Add(GraphBuilder.Value(carried, GraphBuilder.Float, null));
        var square = AwkwardLayers.Initializer(b, random, k, k);
        var trips = b.Ints(2);
        In(
            b,
            body,
            () =>
            {
                var next = b.Node("Tanh", [b.Node("MatMul", [carried, square])]);
                var keep = b.Node("Identity", [condition]);
                b.Graph.Output.Add(GraphBuilder.Value(keep, GraphBuilder.Bool, []));
                b.Output(next);
            }
        );
        var scalar = b.Node(
            "Reshape",
            [
                trips,
                b.Node(
                    "Constant",
                    [],
                    GraphBuilder.Of(
                        "value",
                        new TensorProto
                        {
                            DataType = GraphBuilder.Int64,
                            Dims = { 0 },
                            RawData = ByteString.Empty,
                        }
                    )),
            ]);
        var state = b.Node("Loop", [scalar, "", x], GraphBuilder.Of("body", body));
        return b.Node("MatMul", [state, AwkwardLayers.Initializer(b, random, k, n)]);
    }

    internal static string Scan(GraphBuilder b, Random random, string x, int k, int n)
    {
        var body = new GraphProto { Name = "step" };
        var step = b.Name("step");
        body.Input.Add(GraphBuilder.Value(step, GraphBuilder.Float, ["batch", k]));
        In(b, body, () => b.Output(b.Node("MatMul", [step, AwkwardLayers.Initializer(b, random, k, n)])));
        return b.Node(
            "Scan", [x], GraphBuilder.Of("body", body), GraphBuilder.Int("num_scan_inputs", 1),
            GraphBuilder.Ints("scan_input_axes", 1), GraphBuilder.Ints("scan_output_axes", 1));
    }

    internal static string Function(GraphBuilder b, Random random, string x, int k, int n)
    {
        if (b.Model.IrVersion < 8)
        {
            return b.Node("MatMul", [x, AwkwardLayers.Initializer(b, random, k, n)]);
        }

        var name = b.Name("Dense");
        var function = new FunctionProto { Name = name, Domain = "corpus.local" };
        function.Input.Add("a");
        function.Output.Add("b");
        function.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = b.Opset });
        var constant = new NodeProto { OpType = "Constant", Name = "weight" };
        constant.Output.Add("w");
        constant.Attribute.Add(GraphBuilder.Of("value", GraphBuilder.Tensor("w", Weights.Matrix(random, k, n, out _), k, n)));
        var product = new NodeProto { OpType = "MatMul", Name = "product" };
        product.Input.AddRange(["a", "w"]);
        product.Output.Add("b");
        function.Node.AddRange([constant, product]);
        b.Model.Functions.Add(function);
        b.Domain("corpus.local", 1);
        var output = b.Name("called");
        b.Add(name, [x], output).Domain = "corpus.local";
        return output;
    }

    private static GraphProto Branch(GraphBuilder b, string x, string? w, string name, Func<string>? inside = null)
    {
        var graph = new GraphProto { Name = name };
        In(b, graph, () => b.Output(b.Node("MatMul", [x, w ?? inside!()])));
        return graph;
    }

    private static void In(GraphBuilder b, GraphProto graph, Action build)
    {
        var outer = b.Graph;
        b.Graph = graph;
        build();
        b.Graph = outer;
    }
}
