using Microsoft.ML.OnnxRuntime.Tensors;
using SlmOps.Contracts;
using SlmOps.Inference.Smoke;
using SlmOps.Inference.Tests.Graphs;

namespace SlmOps.Inference.Tests;

/// <summary>What is written down for devices, and what they compute again.</summary>
public sealed class SmokeTests : IDisposable
{
    private const TensorElementType F32 = TensorElementType.Float;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_SampleText_SaysTheSameAtOnceAndTokenByToken()
    {
        using var model = LanguageModel.Open(Sample.Model);
        var (_, prompt, greedy) = Sample.SmokePrompts()[0];
        int[] text = [.. prompt, .. greedy];

        var said = ForcedRun.Run(model, [new(text, 10), new(text, 0)], TestContext.Current.CancellationToken);

        // The model's own continuation is what it finds likeliest.
        Assert.Equal(greedy, said[0].Whole.Best.Skip(prompt.Length - 1));
        Assert.Equal((text.Length - 1, 10), (said[0].Whole.Best.Count, said[0].Steps!.Best.Count));
        Assert.Null(said[1].Steps);
        Assert.All(said[0].Whole.Margins, margin => Assert.True(margin >= 0));
        Assert.All(said[0].Whole.LogProbs, logProb => Assert.True(logProb < 0));
        var finding = SmokeJudge.Compare(
            [
                (
                    said[0].Whole with { Best = [.. said[0].Whole.Best.Take(10)] },
                    said[0].Steps! with { LogProbs = said[0].Whole.LogProbs }
                ),
            ],
            1);
        Assert.Equal(0, finding.Flipped);
        Assert.All(said[0].Whole.LogProbs.Zip(said[0].Steps!.LogProbs), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2048)]
    public void Run_TokenOutsideTheVocabulary_IsRefused(int token)
    {
        using var model = LanguageModel.Open(Sample.Model);
        Assert.Throws<ArgumentException>(() => ForcedRun.Run(model, [new([1, token], 0)], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Texts_FloatModel_HasTwinsThatHardlyDiffer()
    {
        using var model = LanguageModel.Open(Sample.Model);

        var recorded = SmokeRecorder.Texts(model, new(), [new([0, 309, 410, 12, 7, 99], 3)]);

        Assert.False(recorded.IsRounded);
        Assert.Equal(2, recorded.Twins.Count);
        Assert.All(recorded.Twins, twin => Assert.InRange(
            SmokeJudge.Compare([(recorded.Texts[0].Whole, twin[0].Whole)], 1).MeanDifference, 0, 1e-4));
    }

    [Fact]
    public void Runs_ModelOfNumbers_GivesItsOutputsAgainFromWhatIsWrittenDown()
    {
        var path = Scaled(2);

        var recorded = SmokeRecorder.Runs(path, new());
        using var model = FixedRun.Open(path);
        var again = model.Run(recorded.Runs[0].Inputs, new Dictionary<string, int> { ["y"] = 4 });

        Assert.Null(SmokeRules.Fault(new SmokeOutputs(1, 0.1, recorded.Runs)));
        Assert.Equal(recorded.Runs[0].Outputs[0].Values, again[0].Values);
        Assert.Equal([2, 2], recorded.Runs[0].Outputs[0].Shape);
        Assert.NotEqual(recorded.Runs[0].Inputs[0].Values, recorded.Runs[1].Inputs[0].Values);
        Assert.Equal(recorded.Runs[0].Inputs[0].Values!.Select(value => 2 * value), again[0].Values);
    }

    [Theory]
    [InlineData("other", 2, 2)]
    [InlineData("x", 3, 3)]
    public void Run_InputThatDoesNotFit_IsRefused(string name, int rows, int columns)
    {
        using var model = FixedRun.Open(Scaled(1));
        Assert.ThrowsAny<Exception>(() => model.Run(
            [new(name, [rows, columns]) { Values = [.. Enumerable.Repeat(1.0, rows * columns)] }],
            new Dictionary<string, int> { ["y"] = 1 }) is null);
    }

    [Fact]
    public void Create_ManyValues_AreMadeWithinTheirRange()
    {
        using var tensor = FixedInputs.Create(new("x", [3000]) { Min = -2, Max = 5, Seed = 4 }, TensorElementType.Int64);
        var values = tensor.GetTensorDataAsSpan<long>().ToArray();

        Assert.Equal([-2L, -1, 0, 1, 2, 3, 4, 5], values.Distinct().Order());
        using var again = FixedInputs.Create(new("x", [3000]) { Min = -2, Max = 5, Seed = 4 }, TensorElementType.Int64);
        Assert.Equal(values, again.GetTensorDataAsSpan<long>().ToArray());
    }

    [Fact]
    public void Rewrite_AccuracyLevels_AreAllTakenBack()
    {
        byte[] attribute = [0x0A, 14, .. "accuracy_level"u8, 0x18, 4];
        byte[] graph = [1, 2, .. attribute, 3, .. attribute];

        Assert.True(ExactTwin.Rewrite(graph));
        Assert.Equal([1, 1], new[] { graph[2 + attribute.Length - 1], graph[^1] }.Select(value => (int)value));
        Assert.False(ExactTwin.Rewrite(graph));
    }

    private string Scaled(float by)
    {
        new OnnxGraph()
            .Input("x", F32, 2, 2)
            .Output("y", F32, 2, 2)
            .Floats("by", [1], by)
            .Node("Mul", ["x", "by"], "y")
            .Save(_folder.Path, "model");
        return System.IO.Path.Combine(_folder.Path, "model.onnx");
    }
}
