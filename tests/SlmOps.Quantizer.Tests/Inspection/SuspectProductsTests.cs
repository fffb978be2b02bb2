using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Inspection;

/// <summary>What inspection says of quantized products that ONNX Runtime does not do as it should, and that it does so.</summary>
public sealed class SuspectProductsTests : IDisposable
{
    private const int Inputs = 512;
    private const int Outputs = 16;
    private const int Byte = 2;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(4, 32, Byte, true, "ignores the zero points")]
    [InlineData(2, 32, 0, true, "2 bits and g_idx")]
    [InlineData(8, 32, 0, true, "8 bits and g_idx")]
    [InlineData(8, 32, GraphBuilder.Float, false, "no whole numbers")]
    [InlineData(2, 16, 0, false, "blocks of 16")]
    [InlineData(2, 256, Byte, false, "blocks of 256")]
    public void Inspect_ProductThatGoesWrong_SaysHow(int bits, int block, int zeroPoints, bool ordered, string words)
    {
        var warning = Assert.Single(Warnings(Model(bits, block, zeroPoints, ordered)));

        Assert.Contains(words, warning.Text, StringComparison.Ordinal);
        Assert.Contains("'product'", warning.Text, StringComparison.Ordinal);
        Assert.Empty(warning.From);
    }

    [Theory]
    [InlineData(4, 32, Byte, false)]
    [InlineData(4, 32, GraphBuilder.Float, true)]
    [InlineData(4, 32, 0, true)]
    [InlineData(4, 16, Byte, false)]
    [InlineData(8, 32, Byte, false)]
    [InlineData(2, 32, Byte, false)]
    public void Inspect_ProductThatGoesWell_SaysNothing(int bits, int block, int zeroPoints, bool ordered) =>
        Assert.Empty(Warnings(Model(bits, block, zeroPoints, ordered)));

    [Fact]
    public void Run_FourBitsOrderedWithZeroPoints_IgnoresThem()
    {
        var (one, other) = (Model(4, 32, Byte, ordered: true, zero: 0x33), Model(4, 32, Byte, ordered: true, zero: 0xBB));

        Assert.Equal(Run(one), Run(other));
        Assert.NotEqual(Run(Model(4, 32, Byte, ordered: false, zero: 0x33)), Run(Model(4, 32, Byte, ordered: false, zero: 0xBB)));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(GraphBuilder.Float, false)]
    public void Run_EightBitsOrderedOrWithFloatZeroPoints_OpensAndFails(int zeroPoints, bool ordered)
    {
        using var session = Open(Model(8, 32, zeroPoints, ordered));

        Assert.Throws<OnnxRuntimeException>(() => Run(session));
    }

    private IReadOnlyList<RuntimeWarning> Warnings(ModelProto model)
    {
        Directory.CreateDirectory(_folder.Path);
        var path = Path.Combine(_folder.Path, "model.onnx");
        File.WriteAllBytes(path, model.ToByteArray());
        return ModelInspector.Inspect(path, new(), CancellationToken.None).Facts!.Warnings;
    }

    private static float[] Run(ModelProto model)
    {
        using var session = Open(model);
        return Run(session);
    }

    private static InferenceSession Open(ModelProto model)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        return new(model.ToByteArray(), options);
    }

    private static float[] Run(InferenceSession session)
    {
        float[] values = [.. Enumerable.Range(0, Inputs).Select(i => MathF.Sin(i))];
        using var input = OrtValue.CreateTensorValueFromMemory(values, [1, Inputs]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["x"], [input], ["y"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static ModelProto Model(int bits, int block, int zeroPoints, bool ordered, byte zero = 0x88)
    {
        var b = new GraphBuilder();
        b.Domain("com.microsoft", 1);
        b.Input("x", GraphBuilder.Float, 1, Inputs);
        var blocks = Inputs / block;
        var bytes = block * bits / 8;
        byte[] codes = [.. Enumerable.Range(0, Outputs * blocks * bytes).Select(i => (byte)(i * 37))];
        b.Graph.Initializer.Add(Bytes("codes", codes, Outputs, blocks, bytes));
        b.Weight("scales", [.. Enumerable.Range(0, Outputs * blocks).Select(_ => 0.1f)], Outputs * blocks);
        if (zeroPoints == Byte)
        {
            var packed = Outputs * ((blocks * bits + 7) / 8);
            b.Graph.Initializer.Add(Bytes("zeros", [.. Enumerable.Repeat(zero, packed)], packed));
        }
        else if (zeroPoints == GraphBuilder.Float)
        {
            b.Weight("zeros", [.. Enumerable.Repeat(8f, Outputs * blocks)], Outputs, blocks);
        }

        if (ordered)
        {
            var order = new TensorProto { Name = "order", DataType = GraphBuilder.Int32 };
            order.Dims.Add(Inputs);
            order.RawData = ByteString.CopyFrom([.. Enumerable.Range(0, Inputs).SelectMany(i => BitConverter.GetBytes(i / block))]);
            b.Graph.Initializer.Add(order);
        }

        string[] inputs = ["x", "codes", "scales", zeroPoints == 0 ? "" : "zeros", ordered ? "order" : ""];
        var node = b.Add(
            "MatMulNBits", inputs, "y", GraphBuilder.Int("K", Inputs), GraphBuilder.Int("N", Outputs), GraphBuilder.Int("bits", bits),
            GraphBuilder.Int("block_size", block));
        (node.Domain, node.Name) = ("com.microsoft", "product");
        b.Output("y");
        return b.Model;
    }

    private static TensorProto Bytes(string name, byte[] values, params long[] dims)
    {
        var tensor = new TensorProto { Name = name, DataType = Byte, RawData = ByteString.CopyFrom(values) };
        tensor.Dims.AddRange(dims);
        return tensor;
    }
}
