using Google.Protobuf;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>One product in one of many shapes. Takes and gives a value of shape [batch, 3, width].</summary>
internal static class AwkwardLayers
{
    private delegate string Layer(GraphBuilder b, Random random, string value, int k, int n);

    private static readonly (string Name, Layer Add)[] Layers =
    [
        ("matmul", (b, r, x, k, n) => b.Node("MatMul", [x, Initializer(b, r, k, n)])),
        ("constant-node", (b, r, x, k, n) => b.Node("MatMul", [x, Constant(b, Weights.Matrix(r, k, n, out _), k, n)])),
        ("constant-float-data", FloatData),
        (
            "transposed",
            (b, r, x, k, n) => b.Node("MatMul", [x, b.Node("Transpose", [Initializer(b, r, n, k)], GraphBuilder.Ints("perm", 1, 0))])),
        (
            "transposed-default",
            (b, r, x, k, n) => b.Node("MatMul", [x, b.Node("Transpose", [Constant(b, Weights.Matrix(r, n, k, out _), n, k)])])),
        (
            "reshaped",
            (b, r, x, k, n) =>
                b.Node(
                    "MatMul",
                    [x, b.Node("Reshape", [b.Weight(b.Name("w"), Weights.Matrix(r, k, n, out _), (long)k * n), b.Ints(k, -1)])])),
        ("identity", (b, r, x, k, n) => b.Node("MatMul", [x, b.Node("Identity", [Initializer(b, r, k, n)])])),
        ("unit-3d", (b, r, x, k, n) => b.Node("MatMul", [x, b.Weight(b.Name("w"), Weights.Matrix(r, k, n, out _), 1, k, n)])),
        ("unit-4d", Unit4D),
        ("half-cast", (b, r, x, k, n) => b.Node("MatMul", [x, Cast(b, Half(b, r, k, n), GraphBuilder.Float)])),
        ("bfloat16-cast", BFloat16Cast),
        ("half", (b, r, x, k, n) => Cast(b, b.Node("MatMul", [Cast(b, x, GraphBuilder.Half), Half(b, r, k, n)]), GraphBuilder.Float)),
        ("half-int32-data", HalfTyped),
        ("twice", Twice),
        ("two-orientations", TwoOrientations),
        ("gemm", Gemm),
        ("gemm-trans-a", GemmTransA),
        (
            "bias-add",
            (b, r, x, k, n) =>
                b.Node("Add", [b.Node("MatMul", [x, Initializer(b, r, k, n)]), b.Weight(b.Name("bias"), Weights.Normal(r, n, 0.1), n)])),
        ("if", AwkwardScopes.If),
        ("loop", AwkwardScopes.Loop),
        ("scan", AwkwardScopes.Scan),
        ("function", AwkwardScopes.Function),
        ("overridable", Overridable),
        ("also-output", AlsoOutput),
        ("conv", Conv),
        ("dequantized", Dequantized),
        ("mixed-use", MixedUse),
        ("fused", Fused),
        ("sparse", Sparse),
        (
            "layer-norm",
            (b, r, x, k, n) =>
                b.Node("MatMul", [b.Node("Mul", [x, b.Weight(b.Name("gain"), Weights.Normal(r, k, 1), k)]), Initializer(b, r, k, n)])),
    ];

    internal static IEnumerable<string> Names => Layers.Select(l => l.Name);

    internal static string Add(GraphBuilder b, Random random, string value, ref int width, List<string> features)
    {
        var (name, add) = Layers[random.Next(Layers.Length)];
        // Before IR version 4 a branch could not hold an initializer.
        if ((name == "loop" && b.Opset < 11) || (name is "if" or "scan" && b.Model.IrVersion < 4))
        {
            (name, add) = Layers[0];
        }

        var n = random.Next(5) switch { 0 => 8 + random.Next(90), 1 => 1 + random.Next(7), 2 => 128, _ => 64 };
        var result = add(b, random, value, width, n);
        features.Add($"{name} {width}x{n}");
        width = n;
        return result;
    }

    internal static string Initializer(GraphBuilder b, Random random, int k, int n) =>
        b.Weight(b.Name("w"), Weights.Matrix(random, k, n, out _), k, n);

    internal static string Constant(GraphBuilder b, float[] values, params long[] dims) =>
        b.Node("Constant", [], GraphBuilder.Of("value", GraphBuilder.Tensor("", values, dims)));

    internal static string Cast(GraphBuilder b, string value, int type) => b.Node("Cast", [value], GraphBuilder.Int("to", type));

    private static string Half(GraphBuilder b, Random random, int k, int n)
    {
        var name = b.Name("w");
        b.Graph.Initializer.Add(GraphBuilder.HalfTensor(name, Weights.Normal(random, (long)k * n, 1 / Math.Sqrt(k)), k, n));
        return name;
    }

    private static string BFloat16Cast(GraphBuilder b, Random random, string x, int k, int n)
    {
        if (b.Opset < 13)
        {
            return b.Node("MatMul", [x, Initializer(b, random, k, n)]);
        }

        var name = b.Name("w");
        b.Graph.Initializer.Add(GraphBuilder.BFloat16Tensor(name, Weights.Normal(random, (long)k * n, 1 / Math.Sqrt(k)), k, n));
        return b.Node("MatMul", [x, Cast(b, name, GraphBuilder.Float)]);
    }

    private static string HalfTyped(GraphBuilder b, Random random, string x, int k, int n)
    {
        var tensor = GraphBuilder.HalfTensor(b.Name("w"), Weights.Normal(random, (long)k * n, 1 / Math.Sqrt(k)), k, n);
        foreach (var value in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(tensor.RawData.Span))
        {
            tensor.Int32Data.Add(value);
        }

        tensor.ClearRawData();
        b.Graph.Initializer.Add(tensor);
        return b.Node("MatMul", [x, Cast(b, tensor.Name, GraphBuilder.Float)]);
    }

    private static string FloatData(GraphBuilder b, Random random, string x, int k, int n)
    {
        var tensor = new TensorProto { Name = b.Name("w"), DataType = GraphBuilder.Float };
        tensor.Dims.AddRange([k, n]);
        tensor.FloatData.AddRange(Weights.Matrix(random, k, n, out _));
        b.Graph.Initializer.Add(tensor);
        return b.Node("MatMul", [x, tensor.Name]);
    }

    private static string Unit4D(GraphBuilder b, Random random, string x, int k, int n)
    {
        var w = b.Weight(b.Name("w"), Weights.Matrix(random, k, n, out _), 1, 1, k, n);
        var product = b.Node("MatMul", [x, w]);
        return b.Node("Reshape", [product, b.Ints(-1, 3, n)]);
    }

    private static string Twice(GraphBuilder b, Random random, string x, int k, int n)
    {
        var w = Initializer(b, random, k, n);
        return b.Node("Sub", [b.Node("MatMul", [x, w]), b.Node("MatMul", [b.Node("Tanh", [x]), w])]);
    }

    private static string TwoOrientations(GraphBuilder b, Random random, string x, int k, int n)
    {
        var w = Initializer(b, random, k, n);
        var there = b.Node("MatMul", [x, w]);
        var back = b.Node("MatMul", [there, b.Node("Transpose", [w], GraphBuilder.Ints("perm", 1, 0))]);
        return b.Node("MatMul", [b.Node("Add", [back, x]), w]);
    }

    private static string Gemm(GraphBuilder b, Random random, string x, int k, int n)
    {
        var turned = random.Next(2) == 0;
        var w = b.Weight(b.Name("w"), Weights.Matrix(random, k, n, out _), turned ? [n, k] : [k, n]);
        var attributes = new List<AttributeProto>();
        if (turned)
        {
            attributes.Add(GraphBuilder.Int("transB", 1));
        }

        if (random.Next(3) == 0)
        {
            attributes.Add(GraphBuilder.Real("alpha", 0.5f + random.NextSingle()));
        }

        if (random.Next(3) == 0)
        {
            attributes.Add(GraphBuilder.Real("beta", random.Next(2) == 0 ? 0f : 0.7f));
        }

        var flat = b.Node("Reshape", [x, b.Ints(-1, k)]);
        string[] inputs = [flat, w];
        long[]? bias = random.Next(b.Opset >= 11 ? 5 : 4) switch { 0 => [n], 1 => [1, n], 2 => [], 3 => [1], _ => null };
        if (bias is not null)
        {
            inputs = [.. inputs, b.Weight(b.Name("bias"), Weights.Normal(random, bias.Aggregate(1L, (a, d) => a * d), 0.3), bias)];
        }

        return b.Node("Reshape", [b.Node("Gemm", inputs, [.. attributes]), b.Ints(-1, 3, n)]);
    }

    private static string GemmTransA(GraphBuilder b, Random random, string x, int k, int n)
    {
        var flat = b.Node("Transpose", [b.Node("Reshape", [x, b.Ints(-1, k)])], GraphBuilder.Ints("perm", 1, 0));
        var product = b.Node(
            "Gemm",
            [flat, Initializer(b, random, k, n), b.Weight(b.Name("bias"), Weights.Normal(random, n, 0.3), n)],
            GraphBuilder.Int("transA", 1));
        return b.Node("Reshape", [product, b.Ints(-1, 3, n)]);
    }

    private static string Overridable(GraphBuilder b, Random random, string x, int k, int n)
    {
        var w = Initializer(b, random, k, n);
        if (b.Model.IrVersion >= 4)
        {
            b.Input(w, GraphBuilder.Float, k, n);
        }

        return b.Node("MatMul", [x, w]);
    }

    private static string AlsoOutput(GraphBuilder b, Random random, string x, int k, int n)
    {
        var w = Initializer(b, random, k, n);
        if (b.Graph == b.Model.Graph)
        {
            b.Output(w);
        }

        return b.Node("MatMul", [x, w]);
    }

    private static string Conv(GraphBuilder b, Random random, string x, int k, int n)
    {
        // [batch, 3, width] as three channels of a line.
        var w = b.Weight(b.Name("w"), Weights.Normal(random, 27, 0.3), 3, 3, 3);
        var line = b.Node("Conv", [x, w], GraphBuilder.Ints("pads", 1, 1));
        return b.Node("MatMul", [line, Initializer(b, random, k, n)]);
    }

    private static string Dequantized(GraphBuilder b, Random random, string x, int k, int n)
    {
        if (b.Opset < 13)
        {
            return b.Node("MatMul", [x, Initializer(b, random, k, n)]);
        }

        var codes = new byte[k * n];
        random.NextBytes(codes);
        var tensor = new TensorProto { Name = b.Name("w"), DataType = 3, RawData = ByteString.CopyFrom(codes) };
        tensor.Dims.AddRange([k, n]);
        b.Graph.Initializer.Add(tensor);
        var scale = b.Weight(b.Name("scale"), [(float)(0.02 / Math.Sqrt(k))]);
        return b.Node("MatMul", [x, b.Node("DequantizeLinear", [tensor.Name, scale])]);
    }

    private static string MixedUse(GraphBuilder b, Random random, string x, int k, int n)
    {
        var w = Initializer(b, random, k, n);
        var sum = b.Node("MatMul", [x, w]);
        return b.Node("Add", [sum, b.Node("Reshape", [b.Node("Gather", [b.Node("Tanh", [w]), b.Ints(0)]), b.Ints(1, 1, n)])]);
    }

    private static string Fused(GraphBuilder b, Random random, string x, int k, int n)
    {
        b.Domain("com.microsoft", 1);
        var fused = b.Node(
            "FusedMatMul",
            [x, Initializer(b, random, n, k)],
            GraphBuilder.Int("transB", 1),
            GraphBuilder.Real("alpha", 0.7f));
        b.Graph.Node[^1].Domain = "com.microsoft";
        return b.Node("MatMul", [fused, Initializer(b, random, n, n)]);
    }

    private static string Sparse(GraphBuilder b, Random random, string x, int k, int n)
    {
        // Before IR version 6 there were none.
        if (b.Model.IrVersion < 6 || b.Graph != b.Model.Graph)
        {
            return b.Node("MatMul", [x, Initializer(b, random, k, n)]);
        }

        var places = Enumerable.Range(0, k).Select(i => ((long)i * n) + random.Next(n)).ToArray();
        var values = GraphBuilder.Tensor(b.Name("sparse"), Weights.Normal(random, k, 1), k);
        var indices = new TensorProto
        {
            DataType = GraphBuilder.Int64,
            Dims = { k },
            RawData = ByteString.CopyFrom(places.SelectMany(BitConverter.GetBytes).ToArray()),
        };
        b.Graph.SparseInitializer.Add(
            new SparseTensorProto
            {
                Values = values,
                Indices = indices,
                Dims = { k, n },
            }
        );
        return b.Node("MatMul", [b.Node("MatMul", [x, values.Name]), Initializer(b, random, n, n)]);
    }
}
