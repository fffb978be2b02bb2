using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Features;

/// <summary>A decoder with the ports of a GPT-2 export, and the generation operators that hold it as an attribute.</summary>
internal static class TinyDecoder
{
    internal const int Vocabulary = 96;
    private const int Heads = 2;
    private const int HeadSize = 16;
    private const int Width = Heads * HeadSize;

    /// <param name="op">BeamSearch, GreedySearch or Sampling.</param>
    /// <param name="shared">True puts one weight of the decoder among the initializers of the main graph.</param>
    internal static GraphBuilder Model(string op, bool shared)
    {
        var b = new GraphBuilder();
        b.Domain("com.microsoft", 1);
        var decoder = Decoder(b, shared);
        b.Input("input_ids", GraphBuilder.Int32, "batch", "sequence");
        var inputs = new List<string> { "input_ids", Whole(b, 12), Whole(b, 1) };
        if (op == "BeamSearch")
        {
            inputs.AddRange([Whole(b, 3), Whole(b, 1), b.Weight(b.Name("penalty"), [1f], 1), b.Weight(b.Name("penalty"), [1f], 1)]);
        }
        else
        {
            inputs.Add(b.Weight(b.Name("penalty"), [1f], 1));
        }

        var attributes = new List<AttributeProto>
        {
            GraphBuilder.Int("eos_token_id", Vocabulary - 1), GraphBuilder.Int("pad_token_id", Vocabulary - 1),
            GraphBuilder.Int("model_type", 0), GraphBuilder.Of("decoder", decoder),
        };
        if (op == "Sampling")
        {
            // So small a share leaves the likeliest token alone, whatever is drawn.
            attributes.AddRange([
                GraphBuilder.Real("temperature", 1),
                GraphBuilder.Real("top_p", 0.01f),
                GraphBuilder.Int("vocab_size", Vocabulary),
            ]);
        }

        b.Add(op, [.. inputs], "sequences", [.. attributes]).Domain = "com.microsoft";
        b.Output("sequences", GraphBuilder.Int32);
        return b;
    }

    private static string Whole(GraphBuilder b, int value)
    {
        var name = b.Name("whole");
        b.Graph.Initializer.Add(new TensorProto { Name = name, DataType = GraphBuilder.Int32, Dims = { 1 }, Int32Data = { value } });
        return name;
    }

    private static GraphProto Decoder(GraphBuilder b, bool shared)
    {
        var random = new Random(4);
        var main = b.Graph;
        var graph = new GraphProto { Name = "decoder" };
        // The operator wants these very names; the outer input of the same name is hidden inside.
        graph.Input.Add(GraphBuilder.Value("input_ids", GraphBuilder.Int32, ["batch", "sequence"]));
        graph.Input.Add(GraphBuilder.Value("position_ids", GraphBuilder.Int32, ["batch", "sequence"]));
        graph.Input.Add(GraphBuilder.Value("attention_mask", GraphBuilder.Int32, ["batch", "total"]));
        graph.Input.Add(GraphBuilder.Value("past_0", GraphBuilder.Float, [2, "batch", Heads, "past", HeadSize]));
        var memory = Weights.Normal(random, Width * 2 * Width, 0.3);
        if (shared)
        {
            b.Weight("memory", memory, Width, 2 * Width);
        }

        b.Graph = graph;
        if (!shared)
        {
            b.Weight("memory", memory, Width, 2 * Width);
        }

        var table = b.Weight("table", Weights.Normal(random, Vocabulary * Width, 1), Vocabulary, Width);
        var places = b.Weight("places", Weights.Normal(random, 32 * Width, 0.3), 32, Width);
        var x = b.Node("Add", [b.Node("Gather", [table, "input_ids"]), b.Node("Gather", [places, "position_ids"])]);
        var split = b.Node("Reshape", [b.Node("MatMul", [x, "memory"]), b.Ints(0, 0, 2, Heads, HeadSize)]);
        b.Add(
            "Concat",
            ["past_0", b.Node("Transpose", [split], GraphBuilder.Ints("perm", 2, 0, 3, 1, 4))],
            "present_0",
            GraphBuilder.Int("axis", 3));
        var seen = b.Node("ReduceMean", ["present_0"], GraphBuilder.Ints("axes", 0, 3), GraphBuilder.Int("keepdims", 0));
        var y = b.Node("Tanh", [b.Node("Add", [x, b.Node("Reshape", [seen, b.Ints(0, 1, Width)])])]);
        b.Add("MatMul", [y, b.Weight("head", Weights.Normal(random, Width * Vocabulary, 1), Width, Vocabulary)], "logits");
        graph.Output.Add(GraphBuilder.Value("logits", GraphBuilder.Float, ["batch", "sequence", Vocabulary]));
        graph.Output.Add(GraphBuilder.Value("present_0", GraphBuilder.Float, [2, "batch", Heads, "total", HeadSize]));
        b.Graph = main;
        return graph;
    }
}
