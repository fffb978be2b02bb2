using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Tests.Onnx;

namespace SlmOps.Pipeline.Tests.Validate;

/// <summary>
/// Adds to a graph what costs something and comes to zero: half a gigabyte for a moment, or some seconds of products. Sizes
/// follow from the input's shape, so that nothing is computed when the model is opened but where that is the point.
/// </summary>
internal static class Costs
{
    private const long Elements = 128L << 20;
    private const int Side = 1024;

    internal static IReadOnlyList<string> Memory { get; } =
        ["constant", "expand", "tile", "range", "outer product", "folded constant", "folded range"];

    internal static IReadOnlyList<string> Time { get; } = ["product", "more products", "gemm", "batched product", "wide product"];

    internal static IReadOnlyList<string> NotFinite { get; } = ["divide", "root", "logarithm"];

    /// <summary>Changes a graph so that its output is the sum of what it was and of the cost.</summary>
    internal static Action<ModelProto> Of(string kind, string input, string output) => model =>
    {
        var graph = model.Graph;
        graph.Node.Single(node => node.Output.Contains(output)).Output[0] = "plain";
        foreach (var (name, value) in new[] { ("c.zero", 0L), ("c.one", 1L), ("c.side", Side), ("c.all", Elements), ("c.root", 11_586L) })
        {
            graph.Initializer.Add(OnnxModels.Longs(name, value));
        }

        graph.Initializer.Add(OnnxModels.Floats("c.nothing", [1], [0]));
        graph.Initializer.Add(OnnxModels.Floats("c.minus", [1], [-1]));

        // One that no optimizer knows: the number of the input's first dimension, at most 1.
        Add("Shape", [input], "c.shape");
        Add("Gather", ["c.shape", "c.zero"], "c.batch");
        Add("Min", ["c.batch", "c.one"], "c.unit");
        Make(kind);
        if (!NotFinite.Contains(kind))
        {
            Add("ReduceMax", ["c.big"], "c.most");
            Add("Mul", ["c.most", "c.nothing"], "c.cost");
        }

        Add("Add", ["plain", "c.cost"], output);

        void Make(string what)
        {
            switch (what)
            {
                case "constant":
                    Add("Mul", ["c.all", "c.unit"], "c.size");
                    Add("ConstantOfShape", ["c.size"], "c.filled");
                    Add("Neg", ["c.filled"], "c.big");
                    break;
                case "expand":
                    Add("Mul", ["c.all", "c.unit"], "c.size");
                    Add("Expand", ["c.nothing", "c.size"], "c.big");
                    break;
                case "tile":
                    Add("Mul", ["c.all", "c.unit"], "c.size");
                    Add("Tile", ["c.nothing", "c.size"], "c.big");
                    break;
                case "range":
                    Add("Mul", ["c.all", "c.unit"], "c.size");
                    Squeezed("c.zero", "c.size", "c.one");
                    break;
                case "outer product":
                    Square("c.root", "c.root", "c.square");
                    Add("Neg", ["c.square"], "c.big");
                    break;
                case "folded constant":
                    Add("ConstantOfShape", ["c.all"], "c.filled");
                    Add("Neg", ["c.filled"], "c.big");
                    break;
                case "folded range":
                    Squeezed("c.zero", "c.all", "c.one");
                    break;
                case "product":
                    Products("MatMul", 400, "c.side", "c.side");
                    break;
                case "more products":
                    Products("MatMul", 800, "c.side", "c.side");
                    break;
                case "gemm":
                    Products("Gemm", 400, "c.side", "c.side");
                    break;
                case "batched product":
                    Square("c.side", "c.side", "c.flat");
                    Add("Unsqueeze", ["c.flat", "c.zero"], "c.m0");
                    Chain("MatMul", 400);
                    break;
                case "wide product":
                    graph.Initializer.Add(OnnxModels.Longs("c.wide", 2 * Side));
                    Products("MatMul", 60, "c.wide", "c.wide");
                    break;
                case "divide":
                    Add("Sub", ["c.minus", "c.minus"], "c.none");
                    Scaled();
                    Add("Div", ["c.none", "c.scaled"], "c.cost");
                    break;
                case "root":
                    Scaled();
                    Add("Add", ["c.scaled", "c.minus"], "c.below");
                    Add("Sqrt", ["c.below"], "c.cost");
                    break;
                case "logarithm":
                    Scaled();
                    Add("Add", ["c.scaled", "c.minus"], "c.below");
                    Add("Log", ["c.below"], "c.cost");
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(kind), what, "There is no such cost.");
            }
        }

        // Zero, made of the input's shape.
        void Scaled()
        {
            var cast = Add("Cast", ["c.unit"], "c.float");
            cast.Attribute.Add(new AttributeProto { Name = "to", Type = OnnxModels.IntAttribute, I = OnnxModels.FloatType });
            Add("Mul", ["c.float", "c.nothing"], "c.scaled");
        }

        void Products(string operation, int count, string rows, string columns)
        {
            Square(rows, columns, "c.m0");
            Chain(operation, count);
        }

        void Chain(string operation, int count)
        {
            for (var i = 0; i < count; i++)
            {
                Add(operation, [$"c.m{i}", $"c.m{i}"], i == count - 1 ? "c.big" : $"c.m{i + 1}");
            }
        }

        // Zeros of so many rows and columns.
        void Square(string rows, string columns, string result)
        {
            Add("Mul", [rows, "c.unit"], "c.rows");
            var join = Add("Concat", ["c.rows", columns], "c.square.shape");
            join.Attribute.Add(new AttributeProto { Name = "axis", Type = OnnxModels.IntAttribute, I = 0 });
            Add("ConstantOfShape", ["c.square.shape"], result);
        }

        void Squeezed(string start, string limit, string step)
        {
            foreach (var end in new[] { start, limit, step })
            {
                var cast = Add("Cast", [end], $"{end}.float");
                cast.Attribute.Add(new AttributeProto { Name = "to", Type = OnnxModels.IntAttribute, I = OnnxModels.FloatType });
                Add("Squeeze", [$"{end}.float"], $"{end}.scalar");
            }

            Add("Range", [$"{start}.scalar", $"{limit}.scalar", $"{step}.scalar"], "c.big");
        }

        NodeProto Add(string type, string[] inputs, string result)
        {
            var node = OnnxModels.Node(type, inputs, [result]);
            graph.Node.Add(node);
            return node;
        }
    };
}
