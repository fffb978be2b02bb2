using Microsoft.ML.OnnxRuntime.Tensors;
using SlmOps.Inference.Predictions;
using SlmOps.Inference.Tests.Graphs;
using SlmOps.Inference.Tokenization;

namespace SlmOps.Inference.Tests;

public sealed class EvaluationTests
{
    private static readonly IReadOnlyList<int> Text = Tokenizer.Load(Sample.TokenizerJson).Encode(Sample.EvalText);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Compare_SampleWithItself_GivesThePublishedPerplexity()
    {
        var progress = new Recorder();

        var result = Evaluation.Compare(Sample.Model, Sample.Model, Text, new(), progress, Token);

        Assert.Equal(19_062, Text.Count);
        Assert.Equal(148, result.Windows);
        Assert.Equal(148 * 128, result.Tokens);
        Assert.Equal(13.532, result.Perplexity, 0.002);
        Assert.Equal(result.BaselinePerplexity, result.Perplexity);
        Assert.Equal(0, result.PerplexityChange);
        Assert.Equal(0, result.Kl);
        Assert.Equal(1, result.Top1Agreement);
        Assert.True(result.TokensPerSecond > 0 && result.PrefillTokensPerSecond > 0);
        Assert.True(result.BaselineTokensPerSecond > 0 && result.BaselinePrefillTokensPerSecond > 0);
        Assert.Equal(1, progress.Last);
    }

    [Fact]
    public void Compare_ToyModels_GiveThePlainArithmeticOfEveryWindow()
    {
        using var folder = new TempFolder();
        var baseline = new ToyDecoderForm();
        var candidate = new ToyDecoderForm { PositionIds = false, Cache = false, FloatType = TensorElementType.Float16 };
        int[] text = [3, 1, 2, 0, 0, 1, 3, 2, 1];
        var expected = new PlainScores();
        foreach (var start in (int[])[0, 3])
        {
            var window = text[start..(start + 3)];
            var (x, y) = (ToyDecoder.Expected(baseline, window, 0), ToyDecoder.Expected(candidate, window, 0));
            for (var i = 0; i < 3; i++)
            {
                expected.Add(x.AsSpan(i * 4, 4), y.AsSpan(i * 4, 4), text[start + i + 1]);
            }
        }

        var result = Compare(baseline, candidate, text, new() { WindowTokens = 3 }, folder);

        Assert.Equal(2, result.Windows);
        Assert.Equal(6, result.Tokens);
        Assert.Equal(expected.BaselinePerplexity, result.BaselinePerplexity, 1e-9);
        Assert.Equal(expected.Perplexity, result.Perplexity, 1e-9);
        Assert.Equal((expected.Perplexity / expected.BaselinePerplexity) - 1, result.PerplexityChange, 1e-9);
        Assert.Equal(expected.Kl, result.Kl, 1e-6);
        Assert.True(result.Kl > 0);
        Assert.Equal(expected.Top1Agreement, result.Top1Agreement);
    }

    [Fact]
    public void Compare_ModelWithFewPositions_GetsWindowsOfItsLength()
    {
        using var folder = new TempFolder();
        var result = Compare(new(), new(), new int[11], new() { Model = new() { MaxPositions = 5 } }, folder);
        Assert.Equal(2, result.Windows);
        Assert.Equal(10, result.Tokens);
    }

    [Fact]
    public void Compare_ModelWithOnePosition_StillWorks()
    {
        using var folder = new TempFolder();
        Assert.Equal(4, Compare(new(), new(), new int[5], new() { Model = new() { MaxPositions = 1 } }, folder).Windows);
    }

    [Fact]
    public void Compare_TextShorterThanAWindow_IsOneShortWindow()
    {
        using var folder = new TempFolder();
        var result = Compare(new(), new(), [1, 2], new(), folder);
        Assert.Equal(1, result.Windows);
        Assert.Equal(1, result.Tokens);
        Assert.Contains(
            "at least 2",
            Assert.Throws<ArgumentException>(() => Compare(new(), new(), [1], new(), folder)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_MaxWindows_StopsThere()
    {
        using var folder = new TempFolder();
        Assert.Equal(3, Compare(new(), new(), new int[100], new() { WindowTokens = 4, MaxWindows = 3 }, folder).Windows);
    }

    [Fact]
    public void Compare_TokenOutsideTheVocabulary_Throws()
    {
        using var folder = new TempFolder();
        Assert.Contains(
            "Token 4 at place 1",
            Assert.Throws<ArgumentException>(() => Compare(new(), new(), [1, 4, 1], new(), folder)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "Token 4 at place 2",
            Assert.Throws<ArgumentException>(() => Compare(new(), new(), [1, 1, 4], new(), folder)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_OtherVocabulary_IsRefused()
    {
        using var folder = new TempFolder();
        var toy = ToyDecoder.Save(new(), folder.Path);
        Assert.Contains(
            "4 and",
            Assert.Throws<ArgumentException>(() => Evaluation.Compare(Sample.Model, toy, [1, 2, 3], null, null, Token)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_CancelledOnTheWay_Throws()
    {
        using var folder = new TempFolder();
        using var source = new CancellationTokenSource();
        var toy = ToyDecoder.Save(new(), folder.Path);
        Assert.Throws<OperationCanceledException>(() => Evaluation.Compare(
            toy, toy, new int[100], new() { WindowTokens = 10 }, new Canceller(source), source.Token));
    }

    [Fact]
    public void Compare_Memory_IsTheReadersDifference()
    {
        using var folder = new TempFolder();
        Assert.Equal(700, Compare(new(), new(), [1, 2], new() { Memory = new FixedMemory() }, folder).PeakBytes);
    }

    private static EvaluationResult Compare(
        ToyDecoderForm baseline,
        ToyDecoderForm candidate,
        int[] tokens,
        EvaluationOptions options,
        TempFolder folder) =>
        Evaluation.Compare(
            ToyDecoder.Save(baseline, folder.Path, "baseline"),
            ToyDecoder.Save(candidate, folder.Path, "candidate"),
            tokens,
            options,
            null,
            Token);

    [Fact]
    public void Judge_KeptPredictions_ServesEveryCandidate()
    {
        using var folder = new TempFolder();
        var baseline = ToyDecoder.Save(new(), folder.Path, "baseline");
        var candidate = ToyDecoder.Save(new() { PositionIds = false }, folder.Path, "candidate");
        var predictions = Path.Combine(folder.Path, "predictions");
        int[] text = [3, 1, 2, 0, 0, 1, 3, 2, 1];
        var options = new EvaluationOptions { WindowTokens = 3, MeasureBaselineSpeed = false };

        var made = Evaluation.Predict(baseline, text, predictions, options, null, Token);
        var itself = Evaluation.Judge(baseline, predictions, text, options with { CandidateIsBaseline = true }, null, Token);
        var other = Evaluation.Judge(candidate, predictions, text, options, null, Token);

        Assert.Equal(
            (6, 2, 4, 4, new FileInfo(predictions).Length),
            (made.Positions, made.Windows, made.Vocabulary, made.MostKept, made.Bytes));
        Assert.Equal((0.0, 1.0, made.Perplexity), (itself.Kl, itself.Top1Agreement, itself.Perplexity));
        Assert.Equal(made.Perplexity, other.BaselinePerplexity, 1e-12);
        Assert.True(other.Kl > 0 && double.IsNaN(other.BaselineTokensPerSecond));
    }

    [Fact]
    public void Judge_FileThatIsNone_IsRefused()
    {
        using var folder = new TempFolder();
        var toy = ToyDecoder.Save(new(), folder.Path);
        var predictions = Path.Combine(folder.Path, "predictions");
        Evaluation.Predict(toy, [1, 2, 3], predictions, new() { MeasureBaselineSpeed = false }, null, Token);
        var bytes = File.ReadAllBytes(predictions);

        File.WriteAllBytes(predictions, bytes[..^1]);
        Assert.Throws<InvalidDataException>(() => Evaluation.Judge(toy, predictions, [1, 2, 3], null, null, Token));
        File.WriteAllBytes(predictions, new byte[100]);
        Assert.Throws<InvalidDataException>(() => Evaluation.Judge(toy, predictions, [1, 2, 3], null, null, Token));
    }

    private sealed class FixedMemory : PeakMemory
    {
        public override long Start() => 300;

        public override long Peak() => 1000;
    }

    private sealed class Canceller(CancellationTokenSource source) : IProgress<double>
    {
        public void Report(double value) => source.Cancel();
    }

    private sealed class Recorder : IProgress<double>
    {
        internal double Last { get; private set; }

        public void Report(double value) => Last = value > Last ? value : throw new InvalidOperationException("Progress went back.");
    }

    /// <summary>The figures once more, in the plainest arithmetic.</summary>
    private sealed class PlainScores
    {
        private readonly List<(double BaselineLoss, double Loss, double Kl, bool Agreed)> _positions = [];

        internal double BaselinePerplexity => Math.Exp(_positions.Average(position => position.BaselineLoss));

        internal double Perplexity => Math.Exp(_positions.Average(position => position.Loss));

        internal double Kl => _positions.Average(position => position.Kl);

        internal double Top1Agreement => _positions.Average(position => position.Agreed ? 1.0 : 0.0);

        internal void Add(ReadOnlySpan<float> baseline, ReadOnlySpan<float> candidate, int next)
        {
            var (p, q) = (Log(baseline), Log(candidate));
            _positions.Add(
                (
                    -p[next],
                    -q[next],
                    p.Zip(q).Sum(pair => Math.Exp(pair.First) * (pair.First - pair.Second)),
                    Argmax.Of(baseline) == Argmax.Of(candidate)));
        }

        private static double[] Log(ReadOnlySpan<float> logits)
        {
            double[] values = [.. logits.ToArray().Select(logit => (double)logit)];
            var sum = Math.Log(values.Sum(Math.Exp));
            return [.. values.Select(value => value - sum)];
        }
    }
}
