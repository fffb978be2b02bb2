using Microsoft.ML.OnnxRuntime.Tensors;
using SlmOps.Inference.Tests.Graphs;
using SlmOps.Inference.Trials;

namespace SlmOps.Inference.Tests.Trials;

public sealed class ModelTrialTests
{
    private static readonly IReadOnlyList<int> Text = [.. Enumerable.Range(0, 41).Select(i => (i * i) % ToyDecoder.Vocabulary)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Run_SameModelAgain_IsTheSameToTheLastBit()
    {
        using var folder = new TempFolder();
        var model = ToyDecoder.Save(new(), folder.Path);
        var first = Try(model, new() { Tokens = Text, WindowTokens = 8, Record = Made(folder, "first") });

        var again = Try(model, new() { Tokens = Text, WindowTokens = 8, References = [Made(folder, "first")] });

        Assert.Equal((40, 40), (again.Prompt.Positions, again.Steps!.Positions));
        Assert.Equal((first.Prompt.Bits, first.Steps!.Bits), (again.Prompt.Bits, again.Steps.Bits));
        Assert.All([again.Prompt, again.Steps], pass =>
        {
            var difference = Assert.Single(pass.Differences);
            Assert.Equal((1, 0, 0), (difference.Top1, difference.LargestMargin, difference.LargestLogProbability));
            Assert.Equal(0, difference.Kl!.Value, 1e-9);
        });
    }

    [Fact]
    public void Run_AnotherModel_IsAsFarAsAnEvaluationSays()
    {
        using var folder = new TempFolder();
        var model = ToyDecoder.Save(new(), folder.Path, "model");
        var other = ToyDecoder.Save(new() { PositionIds = false, FloatType = TensorElementType.Float16 }, folder.Path, "other");
        Try(model, new() { Tokens = Text, WindowTokens = 8, Record = Made(folder, "first") });

        var tried = Try(other, new() { Tokens = Text, WindowTokens = 8, References = [Made(folder, "first"), Made(folder, "first")] });

        var expected = Evaluation.Compare(model, other, Text, new() { WindowTokens = 8 }, null, Token);
        Assert.Equal(2, tried.Prompt.Differences.Count);
        Assert.All(tried.Prompt.Differences, difference =>
        {
            Assert.Equal(expected.Kl, difference.Kl!.Value, 1e-9);
            Assert.Equal(expected.Top1Agreement, difference.Top1);
            Assert.True(difference.LargestKl >= difference.Kl && difference.LargestLogProbability >= difference.MeanLogProbability);
        });
        Assert.True(expected.Kl > 0);
    }

    [Fact]
    public void Run_CacheOfHalves_TakesTwoBytesANumber()
    {
        using var folder = new TempFolder();
        var wide = Try(ToyDecoder.Save(new(), folder.Path, "wide"), new() { Tokens = Text, WindowTokens = 8 });
        var half = Try(
            ToyDecoder.Save(new() { FloatType = TensorElementType.Float16 }, folder.Path, "half"),
            new() { Tokens = Text, WindowTokens = 8 });

        Assert.True(half.CacheBytes > 0);
        Assert.Equal(2 * half.CacheBytes, wide.CacheBytes);
    }

    [Fact]
    public void Run_TokenOutsideTheVocabulary_SaysWhich()
    {
        using var folder = new TempFolder();

        var refused = Assert.Throws<ArgumentException>(() => Try(
            ToyDecoder.Save(new(), folder.Path), new() { Tokens = [0, 1, ToyDecoder.Vocabulary], WindowTokens = 8 }));

        Assert.Contains($"Token {ToyDecoder.Vocabulary}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ReferenceOfAnotherText_IsRefused()
    {
        using var folder = new TempFolder();
        var model = ToyDecoder.Save(new(), folder.Path);
        Try(model, new() { Tokens = Text, WindowTokens = 8, Record = Made(folder, "first") });

        Assert.Throws<InvalidDataException>(() => Try(
            model, new() { Tokens = Text, WindowTokens = 4, References = [Made(folder, "first")] }));
    }

    [Fact]
    public void Run_FewerWindows_AreComparedWithTheFirstOfTheReference()
    {
        using var folder = new TempFolder();
        var model = ToyDecoder.Save(new(), folder.Path);
        Try(model, new() { Tokens = Text, WindowTokens = 8, Record = Made(folder, "first") });

        var tried = Try(
            model, new() { Tokens = [.. Text.Take(17)], WindowTokens = 8, StepWindows = 1, References = [Made(folder, "first")] });

        Assert.Equal((16, 8), (tried.Prompt.Positions, tried.Steps!.Positions));
        Assert.Equal(1, Assert.Single(tried.Prompt.Differences).Top1);
        Assert.Equal(0, Assert.Single(tried.Steps.Differences).LargestLogProbability);
    }

    [Fact]
    public void Run_NoLanguageModel_ComparesOutputs()
    {
        using var folder = new TempFolder();
        var (same, other) = (Floats(folder, "Neg"), Floats(folder, "Abs"));
        Try(same, new() { Record = Made(folder, "first") });

        var again = Try(same, new() { References = [Made(folder, "first")] });
        var apart = Try(other, new() { References = [Made(folder, "first")] });

        Assert.Null(again.Steps);
        Assert.Equal(OutputDifference.MaxSqnrDb, Assert.Single(again.Prompt.Differences).SqnrDb);
        Assert.True(Assert.Single(apart.Prompt.Differences).SqnrDb < 20);
        Assert.NotEqual(again.Prompt.Bits, apart.Prompt.Bits);
    }

    [Fact]
    public void Sum_Maps_CountsWhatIsWrittenToAndTheFilesOfTheFolder() => Assert.Equal(
        0x3000,
        MappedMemory.Sum(
            [
                "1000-2000 rw-p 00000000 00:00 0 ",
                "2000-3000 r--p 00000000 00:00 12 /models/a/model.onnx.data",
                "3000-4000 rw-p 00000000 00:00 0                [heap]",
                "4000-9000 ---p 00000000 00:00 0 ",
                "9000-a000 r-xp 00000000 00:00 12 /usr/lib/libc.so.6",
                "a000-b000 r--p 00000000 00:00 12 /models/another/model.onnx.data",
                "nonsense",
            ],
            "/models/a"));

    private static TrialResult Try(string model, TrialRequest request) => ModelTrial.Run(model, request, new Nobody(), Token);

    private static string Made(TempFolder folder, string name) => Directory.CreateDirectory(Path.Combine(folder.Path, name)).FullName;

    private static string Floats(TempFolder folder, string op) => new OnnxGraph()
        .Input("x", TensorElementType.Float, 1, 4)
        .Node(op, ["x"], "y")
        .Output("y", TensorElementType.Float, 1, 4)
        .Save(folder.Path, op);

    private sealed class Nobody : IProgress<double>
    {
        public void Report(double value)
        {
        }
    }
}
