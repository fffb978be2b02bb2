using Microsoft.ML.OnnxRuntime.Tensors;
using SlmOps.Inference.Samples;
using SlmOps.Inference.Tests.Graphs;

namespace SlmOps.Inference.Tests;

public sealed class OutputComparisonTests : IDisposable
{
    private const TensorElementType F32 = TensorElementType.Float;
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Compare_OutputsATenthLarger_IsTwentyDecibels()
    {
        var result = Compare(Scale("one", 1), Scale("more", 1.1f));

        // Σ x² / Σ (0.1·x)² = 100.
        Assert.Equal(20, result.SqnrDb, 1e-4);
        Assert.Equal(1, result.Cosine, 1e-9);
        Assert.Equal(8, result.Samples);
        Assert.True(result.Outputs[0].MaxAbsoluteError > 0.1);
        Assert.True(result.LatencyMs > 0 && result.BaselineLatencyMs > 0 && result.LoadMs > 0);
    }

    [Fact]
    public void Compare_WithItself_HasTheBestFigures()
    {
        var model = Scale("one", 1);
        var result = Compare(model, model);
        Assert.Equal(new OutputDifference("y", OutputDifference.MaxSqnrDb, 1, 0), Assert.Single(result.Outputs));
    }

    [Fact]
    public void Compare_OppositeSign_HasCosineMinusOne()
    {
        var result = Compare(Scale("one", 1), Scale("minus", -1));
        Assert.Equal(-1, result.Cosine, 1e-9);
        Assert.Equal(-6.0206, result.SqnrDb, 1e-3);
    }

    [Fact]
    public void Compare_CandidateThatGivesNoNumbers_HasTheWorstFigures()
    {
        var result = Compare(Scale("one", 1), Scale("nan", float.NaN));
        Assert.Equal(-OutputDifference.MaxSqnrDb, result.SqnrDb);
        Assert.Equal(-1, result.Cosine);
    }

    [Fact]
    public void Compare_OutputOfAnotherShape_HasTheWorstFigures()
    {
        var flat = new OnnxGraph().Input("x", F32, "batch", "width").Longs("shape", [1], -1)
            .Node("Reshape", ["x", "shape"], "y").Output("y", F32, "n").Save(_folder.Path, "flat");
        Assert.Equal(-OutputDifference.MaxSqnrDb, Compare(Scale("one", 1), flat).SqnrDb);
    }

    [Fact]
    public void Compare_SeveralOutputs_ReportsTheWorst()
    {
        var result = Compare(Two("a", 1), Two("b", 2));
        Assert.Equal(["same", "scaled"], result.Outputs.Select(output => output.Name));
        Assert.Equal(OutputDifference.MaxSqnrDb, result.Outputs[0].SqnrDb);
        Assert.Equal(0, result.SqnrDb, 1e-6);
        Assert.Equal(result.Outputs[1].SqnrDb, result.SqnrDb);

        string Two(string name, float factor) => new OnnxGraph()
            .Input("x", F32, "batch", 8).Floats("factor", [1], factor)
            .Node("Neg", ["x"], "same").Node("Mul", ["x", "factor"], "scaled")
            .Output("same", F32, "batch", 8).Output("scaled", F32, "batch", 8).Save(_folder.Path, name);
    }

    [Fact]
    public void Compare_WidthThatOnlySomeSizesFit_FindsOne()
    {
        // 16 is no multiple of 64, so only a later size runs.
        var model = new OnnxGraph().Input("x", F32, "batch", "width").Longs("shape", [2], -1, 64)
            .Node("Reshape", ["x", "shape"], "y").Output("y", F32, "n", 64).Save(_folder.Path, "blocks");
        Assert.Equal(OutputDifference.MaxSqnrDb, Compare(model, model).SqnrDb);

        var failure = Assert.Throws<InferenceException>(() =>
            OutputComparison.Compare(model, model, new() { OpenDimensions = [3, 5] }, null, Token));
        Assert.Contains("open dimensions of 3, 5", failure.Message, StringComparison.Ordinal);
        Assert.Equal(
            2,
            OutputComparison
                .Compare(
                    model,
                    model,
                    new()
                    {
                        OpenDimensions = [3],
                        NamedDimensions = new Dictionary<string, int> { ["width"] = 128 },
                        Samples = 2,
                    },
                    null,
                    Token)
                .Samples);
    }

    [Theory]
    [InlineData(TensorElementType.Int64)]
    [InlineData(TensorElementType.Int32)]
    public void Compare_IndicesIntoASmallTable_StayInside(TensorElementType type)
    {
        var model = new OnnxGraph().Input("ids", type, "batch", "length").Floats("table", [2, 3], 1, 2, 3, 4, 5, 6)
            .Node("Gather", ["table", "ids"], "y").Output("y", F32, "batch", "length", 3).Save(_folder.Path, "table");
        var options = new OutputComparisonOptions { Inputs = new Dictionary<string, InputHint> { ["ids"] = new() { Rows = 2 } } };
        Assert.Equal(1, OutputComparison.Compare(model, model, options, null, Token).Cosine);
    }

    [Theory]
    [InlineData(TensorElementType.Float16)]
    [InlineData(TensorElementType.BFloat16)]
    [InlineData(TensorElementType.Double)]
    [InlineData(TensorElementType.UInt8)]
    [InlineData(TensorElementType.Bool)]
    public void Compare_OtherElementTypes_AreFilledAndCompared(TensorElementType type)
    {
        var model = new OnnxGraph()
            .Input("x", type, 2, 5)
            .Node("Cast", ["x"], "f", ("to", (long)F32))
            .Node("Cast", ["f"], "y", ("to", (long)type))
            .Output("y", type, 2, 5)
            .Output("f", F32, 2, 5)
            .Save(_folder.Path, "cast");
        Assert.Equal(2, Compare(model, model).Outputs.Count);
    }

    [Fact]
    public void Compare_StringInput_IsRefused()
    {
        var model = new OnnxGraph()
            .Input("text", TensorElementType.String, 1)
            .Node("Identity", ["text"], "y")
            .Output("y", TensorElementType.String, 1)
            .Save(_folder.Path, "text");
        Assert.Contains(
            "'text' of type String",
            Assert.Throws<ModelOpenException>(() => Compare(model, model)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_HugeDeclaredInput_IsRefusedBeforeItIsMade()
    {
        var model = new OnnxGraph()
            .Input("x", F32, 1_000_000, 1_000_000, 1_000_000, 1_000_000)
            .Node("Identity", ["x"], "y")
            .Output("y", F32, 1)
            .Save(_folder.Path, "huge");
        Assert.Contains("MaxInputBytes", Assert.ThrowsAny<Exception>(() => Compare(model, model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_SameSeed_GivesTheSameInputsAndAnotherSampleOthers()
    {
        TensorPort[] ports = [new("x", F32, [1, 4], [])];
        var inputs = new SampleInputs("m.onnx", new());
        Assert.Equal(Values(0), Values(0));
        Assert.NotEqual(Values(0), Values(1));

        float[] Values(int sample)
        {
            using var value = inputs.Create(ports, sample, new(1, 16, 0))["x"];
            return value.GetTensorDataAsSpan<float>().ToArray();
        }
    }

    private static OutputComparisonResult Compare(string baseline, string candidate) =>
        OutputComparison.Compare(baseline, candidate, null, null, Token);

    private string Scale(string name, float factor) => new OnnxGraph()
        .Input("x", F32, "batch", "width").Floats("factor", [1], factor)
        .Node("Mul", ["x", "factor"], "y").Output("y", F32, "batch", "width").Save(_folder.Path, name);
}
