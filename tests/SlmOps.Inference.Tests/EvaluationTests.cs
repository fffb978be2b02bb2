namespace SlmOps.Inference.Tests;

public sealed class EvaluationTests
{
    private static readonly IReadOnlyList<int> Text = Tokenizer.Load(Sample.TokenizerJson).Encode(Sample.EvalText);

    [Fact]
    public void Compare_SampleWithItself_GivesThePublishedPerplexity()
    {
        var progress = new Recorder();

        var result = Evaluation.Compare(Sample.Model, Sample.Model, Text, new(), progress, TestContext.Current.CancellationToken);

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
        TestContext.Current.TestOutputHelper!.WriteLine($"{result}");
    }

    private sealed class Recorder : IProgress<double>
    {
        internal double Last { get; private set; }

        public void Report(double value) => Last = value > Last ? value : throw new InvalidOperationException("Progress went back.");
    }
}
