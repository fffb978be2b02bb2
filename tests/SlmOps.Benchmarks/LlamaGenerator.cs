using System.Runtime.InteropServices;
using Google.Protobuf;
using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Benchmarks;

/// <summary>
/// Writes a decoder of the Llama shape with seeded random weights in external data: RMS norms, grouped query attention
/// with rotary positions, SwiGLU, untied output layer.
/// </summary>
internal sealed class LlamaGenerator(string folder, int layers, int hidden, int inner, int vocabulary, int seed) : IDisposable
{
    private const int HeadSize = 64;
    private const int Positions = 512;
    private readonly GraphBuilder _b = new();
    private readonly FileStream _data = new(Path.Combine(Directory.CreateDirectory(folder).FullName, "model.onnx.data"), FileMode.Create);
    private readonly float[] _buffer = new float[1 << 18];
    private ulong _state = (ulong)seed * 0x9E3779B97F4A7C15 + 1;

    private int Heads => hidden / HeadSize;

    private int KeyHeads => Heads / 4;

    internal string Write()
    {
        _b.Domain("com.microsoft", 1);
        _b.Input("input_ids", GraphBuilder.Int64, "batch", "sequence");
        _b.Input("attention_mask", GraphBuilder.Int64, "batch", "total");
        _b.Input("position_ids", GraphBuilder.Int64, "batch", "sequence");
        var lengths = _b.Node(
            "Cast",
            [_b.Node("Sub", [_b.Node("ReduceSum", ["attention_mask", _b.Ints(1)]), _b.Ints(1)])],
            GraphBuilder.Int("to", GraphBuilder.Int32));
        var total = _b.Node(
            "Cast",
            [_b.Node("Gather", [_b.Node("Shape", ["attention_mask"]), Scalar(1)])],
            GraphBuilder.Int("to", GraphBuilder.Int32));
        _b.Weight("cos_cache", Rotary(Math.Cos), Positions, HeadSize / 2);
        _b.Weight("sin_cache", Rotary(Math.Sin), Positions, HeadSize / 2);
        var value = _b.Node("Gather", [Matrix("model.embed_tokens.weight", vocabulary, hidden, 1), "input_ids"]);
        for (var i = 0; i < layers; i++)
        {
            value = Layer(i, value, lengths, total);
        }

        var last = Norm("model.norm", value);
        _b.Add("MatMul", [last, Matrix("lm_head.weight", hidden, vocabulary, 0.15)], "logits");
        _b.Model.Graph.Output.Insert(0, GraphBuilder.Value("logits", GraphBuilder.Float, ["batch", "sequence", vocabulary]));
        var path = Path.Combine(folder, "model.onnx");
        File.WriteAllBytes(path, _b.Model.ToByteArray());
        return path;
    }

    public void Dispose() => _data.Dispose();

    private string Layer(int i, string x, string lengths, string total)
    {
        var name = $"model.layers.{i}";
        var keys = KeyHeads * HeadSize;
        var a = Norm($"{name}.input_layernorm", x);
        var q = Product(a, $"{name}.self_attn.q_proj", hidden, hidden);
        var k = Product(a, $"{name}.self_attn.k_proj", hidden, keys);
        var v = Product(a, $"{name}.self_attn.v_proj", hidden, keys);
        var attention = new NodeProto { OpType = "GroupQueryAttention", Domain = "com.microsoft", Name = $"{name}.attention" };
        foreach (var part in new[] { "key", "value" })
        {
            _b.Input($"past_key_values.{i}.{part}", GraphBuilder.Float, "batch", KeyHeads, "past", HeadSize);
            _b.Model.Graph.Output.Add(
                GraphBuilder.Value($"present.{i}.{part}", GraphBuilder.Float, ["batch", KeyHeads, "total", HeadSize]));
        }

        attention.Input.AddRange([
            q,
            k,
            v,
            $"past_key_values.{i}.key",
            $"past_key_values.{i}.value",
            lengths,
            total,
            "cos_cache",
            "sin_cache",
        ]);
        attention.Output.AddRange([$"{name}.attention_out", $"present.{i}.key", $"present.{i}.value"]);
        attention.Attribute.AddRange([
            GraphBuilder.Int("num_heads", Heads),
            GraphBuilder.Int("kv_num_heads", KeyHeads),
            GraphBuilder.Int("do_rotary", 1),
        ]);
        _b.Graph.Node.Add(attention);
        x = _b.Node("Add", [x, Product($"{name}.attention_out", $"{name}.self_attn.o_proj", hidden, hidden)]);
        var m = Norm($"{name}.post_attention_layernorm", x);
        var gate = Product(m, $"{name}.mlp.gate_proj", hidden, inner);
        var up = Product(m, $"{name}.mlp.up_proj", hidden, inner);
        var silu = _b.Node("Mul", [gate, _b.Node("Sigmoid", [gate])]);
        return _b.Node("Add", [x, Product(_b.Node("Mul", [silu, up]), $"{name}.mlp.down_proj", inner, hidden)]);
    }

    private string Product(string x, string name, int k, int n)
    {
        var output = $"{name}.output";
        _b.Add("MatMul", [x, Matrix($"{name}.weight", k, n, 1 / Math.Sqrt(k))], output).Name = name;
        return output;
    }

    private string Norm(string name, string x)
    {
        var gain = new float[hidden];
        for (var i = 0; i < hidden; i++)
        {
            gain[i] = 1 + (0.2f * Next());
        }

        _b.Weight($"{name}.weight", gain, hidden);
        return _b.Node(
            "SimplifiedLayerNormalization",
            [x, $"{name}.weight"],
            GraphBuilder.Real("epsilon", 1e-5f),
            GraphBuilder.Int("axis", -1));
    }

    private string Matrix(string name, int rows, int columns, double deviation)
    {
        var tensor = new TensorProto { Name = name, DataType = GraphBuilder.Float };
        tensor.Dims.AddRange([rows, columns]);
        _data.Position = (_data.Position + 4095) / 4096 * 4096;
        GraphBuilder.External(tensor, "model.onnx.data", _data.Position, 4L * rows * columns);
        _b.Graph.Initializer.Add(tensor);
        for (long left = (long)rows * columns; left > 0;)
        {
            var count = (int)Math.Min(left, _buffer.Length);
            for (var i = 0; i < count; i++)
            {
                _buffer[i] = (float)deviation * Next();
            }

            _data.Write(MemoryMarshal.AsBytes(_buffer.AsSpan(0, count)));
            left -= count;
        }

        return name;
    }

    // The sum of four 16-bit uniforms, scaled to variance one: near enough to a Gaussian, and fast.
    private float Next()
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        var sum = (_state & 0xFFFF) + ((_state >> 16) & 0xFFFF) + ((_state >> 32) & 0xFFFF) + (_state >> 48);
        return ((float)sum - 131070f) / 37837f;
    }

    private string Scalar(long value)
    {
        var name = _b.Name("scalar");
        _b.Graph.Initializer.Add(
            new TensorProto
            {
                Name = name,
                DataType = GraphBuilder.Int64,
                RawData = ByteString.CopyFrom(BitConverter.GetBytes(value)),
            }
        );
        return name;
    }

    private static float[] Rotary(Func<double, double> wave)
    {
        var table = new float[Positions * HeadSize / 2];
        for (var i = 0; i < table.Length; i++)
        {
            table[i] = (float)wave(i / (HeadSize / 2) / Math.Pow(10000, 2.0 * (i % (HeadSize / 2)) / HeadSize));
        }

        return table;
    }
}
