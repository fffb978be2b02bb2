using System.Runtime.InteropServices;
using Google.Protobuf;
using SlmOps.Inference.Tests.Graphs;
using SlmOps.Tests.Onnx;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>Small models, built message by message. The seed makes each one's bytes its own.</summary>
internal static class OnnxModels
{
    internal const int Vocabulary = 32;
    private const int Width = 64;
    private const int Hidden = 128;

    /// <summary>x [batch, 64] → MatMul → Relu → MatMul → y [batch, 16].</summary>
    internal static ModelProto Mlp(int seed)
    {
        var random = new Random(seed);
        var graph = new GraphProto { Name = $"mlp-{seed}" };
        graph.Input.Add(Port("x", FloatType, "batch", Width));
        graph.Output.Add(Port("y", FloatType, "batch", 16));
        graph.Initializer.Add(Floats("w1", [Width, Hidden], Normal(random, Width * Hidden, 0.2)));
        graph.Initializer.Add(Floats("w2", [Hidden, 16], Normal(random, Hidden * 16, 0.2)));
        graph.Node.Add(Node("MatMul", ["x", "w1"], ["h"]));
        graph.Node.Add(Node("Relu", ["h"], ["r"]));
        graph.Node.Add(Node("MatMul", ["r", "w2"], ["y"]));
        return Model(graph);
    }

    /// <summary>
    /// A decoder with a cache of one layer, by the usual names. What follows a token depends on that token alone:
    /// (5·token + 3 + seed) mod 32, by a wide margin, so that every variant that is any good agrees.
    /// </summary>
    internal static ModelProto Decoder(int seed)
    {
        var random = new Random(seed);
        var embedding = Normal(random, Vocabulary * Width, 1);
        var head = new float[Width * Vocabulary];
        for (var token = 0; token < Vocabulary; token++)
        {
            var next = Following(seed, token);
            for (var axis = 0; axis < Width; axis++)
            {
                head[axis * Vocabulary + next] = embedding[token * Width + axis] * 0.15f;
            }
        }

        var graph = new GraphProto { Name = $"decoder-{seed}" };
        graph.Input.Add(Port("input_ids", LongType, "batch", "sequence"));
        graph.Output.Add(Port("logits", FloatType, "batch", "sequence", Vocabulary));
        graph.Initializer.Add(Floats("embedding", [Vocabulary, Width], embedding));
        graph.Initializer.Add(Floats("head", [Width, Vocabulary], head));
        graph.Initializer.Add(Longs("one", 1));
        graph.Node.Add(Node("Gather", ["embedding", "input_ids"], ["h"]));
        graph.Node.Add(Node("MatMul", ["h", "head"], ["logits"]));
        foreach (var part in (string[])["key", "value"])
        {
            graph.Input.Add(Port($"past_key_values.0.{part}", FloatType, "batch", 1, "past", 8));
            graph.Output.Add(Port($"present.0.{part}", FloatType, "batch", 1, "total", 8));
            graph.Initializer.Add(Floats(part, [Width, 8], Normal(random, Width * 8, 0.1)));
            graph.Node.Add(Node("MatMul", ["h", part], [$"flat.{part}"]));
            graph.Node.Add(Node("Unsqueeze", [$"flat.{part}", "one"], [$"new.{part}"]));
            var join = Node("Concat", [$"past_key_values.0.{part}", $"new.{part}"], [$"present.0.{part}"]);
            join.Attribute.Add(new AttributeProto { Name = "axis", Type = IntAttribute, I = 2 });
            graph.Node.Add(join);
        }

        return Model(graph);
    }

    /// <summary>The same, with room for a LoRA adapter: optional inputs <c>lora.a</c> and <c>lora.b</c>, zero unless one gives them.</summary>
    internal static ModelProto Adaptable(int seed) => Decoder(seed).Change(model =>
    {
        var graph = model.Graph;
        graph.Node.Single(node => node.Output.Contains("logits")).Output[0] = "alone";
        graph.Input.Add(Port("lora.a", FloatType, Width, "rank"));
        graph.Input.Add(Port("lora.b", FloatType, "rank", Vocabulary));
        graph.Initializer.Add(Floats("lora.a", [Width, 1], new float[Width]));
        graph.Initializer.Add(Floats("lora.b", [1, Vocabulary], new float[Vocabulary]));
        graph.Node.Add(Node("MatMul", ["h", "lora.a"], ["down"]));
        graph.Node.Add(Node("MatMul", ["down", "lora.b"], ["up"]));
        graph.Node.Add(Node("Add", ["alone", "up"], ["logits"]));
    });

    /// <summary>An adapter for it that changes most answers; of other names it fits no model here.</summary>
    internal static byte[] Adapter(int seed, double scale = 0.5, string prefix = "lora")
    {
        var random = new Random(seed);
        return AdapterFile.Of(
            ($"{prefix}.a", [Width, 2], Normal(random, Width * 2, scale)),
            ($"{prefix}.b", [2, Vocabulary], Normal(random, 2 * Vocabulary, scale)));
    }

    internal static int Following(int seed, int token) => (5 * token + 3 + seed) % Vocabulary;

    /// <summary>The MLP with its weights in a file of their own, one after the other.</summary>
    internal static (ModelProto Model, byte[] Data) External(int seed, string file) => External(Mlp(seed), file);

    /// <summary>
    /// Two layers by the usual names, x [batch, 64] → y [batch, 64], with weights that are large enough to be copied by
    /// themselves and small ones; the second layer lies first.
    /// </summary>
    internal static (ModelProto Model, byte[] Data) Layered(int seed, string file)
    {
        const int Inner = 1280;
        var random = new Random(seed);
        var graph = new GraphProto { Name = $"layered-{seed}" };
        graph.Input.Add(Port("x", FloatType, "batch", Width));
        graph.Output.Add(Port("y", FloatType, "batch", Width));
        graph.Initializer.Add(Floats("layers.1.bias", [Width], Normal(random, Width, 0.1)));
        graph.Initializer.Add(Floats("layers.1.weight", [Inner, Width], Normal(random, Inner * Width, 0.05)));
        graph.Initializer.Add(Floats("layers.0.bias", [Inner], Normal(random, Inner, 0.1)));
        graph.Initializer.Add(Floats("layers.0.weight", [Width, Inner], Normal(random, Width * Inner, 0.1)));
        graph.Node.Add(Node("MatMul", ["x", "layers.0.weight"], ["a"]));
        graph.Node.Add(Node("Add", ["a", "layers.0.bias"], ["b"]));
        graph.Node.Add(Node("Relu", ["b"], ["c"]));
        graph.Node.Add(Node("MatMul", ["c", "layers.1.weight"], ["d"]));
        graph.Node.Add(Node("Add", ["d", "layers.1.bias"], ["y"]));
        return External(Model(graph), file);
    }

    private static (ModelProto Model, byte[] Data) External(ModelProto model, string file)
    {
        var data = new List<byte>();
        foreach (var tensor in model.Graph.Initializer)
        {
            var bytes = tensor.RawData.ToByteArray();
            tensor.RawData = ByteString.Empty;
            tensor.DataLocation = ExternalLocation;
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = file });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = $"{data.Count}" });
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = $"{bytes.Length}" });
            data.AddRange(bytes);
        }

        return (model, [.. data]);
    }

    internal static byte[] Bytes(this ModelProto model) => model.ToByteArray();

    internal static ModelProto Change(this ModelProto model, Action<ModelProto> change)
    {
        change(model);
        return model;
    }

    internal static NodeProto Node(string type, string[] inputs, string[] outputs)
    {
        var node = new NodeProto { OpType = type };
        node.Input.AddRange(inputs);
        node.Output.AddRange(outputs);
        return node;
    }

    internal const int FloatType = 1;
    internal const int LongType = 7;
    internal const int IntAttribute = 2;
    private const int ExternalLocation = 1;

    private static ModelProto Model(GraphProto graph)
    {
        var model = new ModelProto { IrVersion = 8, ProducerName = "slmops-tests", Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = 17 });
        return model;
    }

    internal static ValueInfoProto Port(string name, int type, params object[] dimensions)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(dimensions.Select(size => size is int number
            ? new TensorShapeProto.Types.Dimension { DimValue = number }
            : new TensorShapeProto.Types.Dimension { DimParam = (string)size }));
        return new() { Name = name, Type = new() { TensorType = new() { ElemType = type, Shape = shape } } };
    }

    internal static TensorProto Floats(string name, long[] shape, float[] values)
    {
        var tensor = new TensorProto
        {
            Name = name,
            DataType = FloatType,
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)),
        };
        tensor.Dims.AddRange(shape);
        return tensor;
    }

    internal static TensorProto Longs(string name, params long[] values)
    {
        var tensor = new TensorProto
        {
            Name = name,
            DataType = LongType,
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(values)),
        };
        tensor.Dims.Add(values.Length);
        return tensor;
    }

    /// <summary>Box-Muller.</summary>
    private static float[] Normal(Random random, int count, double deviation) => [.. Enumerable.Range(0, count).Select(_ =>
        (float)(deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
}
