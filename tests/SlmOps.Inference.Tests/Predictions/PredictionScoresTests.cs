using SlmOps.Inference.Predictions;

namespace SlmOps.Inference.Tests.Predictions;

public sealed class PredictionScoresTests
{
    private static readonly float[] Quarters = Logs(0.5, 0.25, 0.25);
    private static readonly float[] Candidate = Logs(0.25, 0.5, 0.25);

    [Fact]
    public void Add_KnownDistributions_GivesTheFiguresOfPaperArithmetic()
    {
        var scores = new PredictionScores(3);
        Add(scores, Quarters, Candidate, 0);
        Add(scores, Quarters, Quarters, 1);

        // −½(ln ½ + ln ¼) and −½(ln ¼ + ln ¼); ½·ln 2 − ¼·ln 2 for the first position, 0 for the second.
        Assert.Equal(Math.Sqrt(8), scores.BaselinePerplexity, 1e-6);
        Assert.Equal(4, scores.Perplexity, 1e-6);
        Assert.Equal(Math.Log(2) / 8, scores.Kl, 1e-6);
        Assert.Equal(0.5, scores.Top1Agreement);
        Assert.Equal(2, scores.Count);
    }

    [Fact]
    public void Add_LogitsShiftedByAConstant_ChangesNothing()
    {
        var scores = new PredictionScores(3);
        Add(scores, [.. Quarters.Select(logit => logit + 10_000)], [.. Quarters.Select(logit => logit - 10_000)], 0);
        Assert.Equal(2, scores.BaselinePerplexity, 2e-3);
        Assert.Equal(scores.BaselinePerplexity, scores.Perplexity, 2e-3);
        Assert.Equal(0, scores.Kl, 1e-3);
    }

    [Fact]
    public void Add_TokenThatTheBaselineRulesOut_AddsNothingToTheDivergence()
    {
        var scores = new PredictionScores(3);
        Add(scores, [0, 0, float.NegativeInfinity], [0, 0, float.NegativeInfinity], 0);
        Assert.Equal(0, scores.Kl);
        Assert.Equal(2, scores.Perplexity, 1e-9);
    }

    [Fact]
    public void Add_TokenThatOnlyTheCandidateRulesOut_MakesTheDivergenceInfinite()
    {
        var scores = new PredictionScores(3);
        Add(scores, Quarters, [0, 0, float.NegativeInfinity], 0);
        Assert.Equal(double.PositiveInfinity, scores.Kl);
    }

    [Fact]
    public void Add_LogitsThatAreNoNumbers_MakeThePerplexityNoNumber()
    {
        var scores = new PredictionScores(3);
        Add(scores, Quarters, [float.NaN, 0, 0], 1);
        Assert.Equal(double.NaN, scores.Perplexity);
        Assert.True(double.IsFinite(scores.BaselinePerplexity));
    }

    [Fact]
    public void Argmax_TiesAndNaN_GiveTheLowestRealMaximum()
    {
        Assert.Equal(1, Argmax.Of([0, 2, 2, 1]));
        Assert.Equal(1, Argmax.Of([float.NaN, -5, float.NaN]));
        Assert.Equal(1, Argmax.Of([-1, -0f, 0f]));
        Assert.Equal(0, Argmax.Of([float.NaN, float.NaN]));
    }

    [Fact]
    public void Add_TailLeftOut_KeepsTheTruthWithinTheStatedBound()
    {
        var random = new Random(5);
        for (var round = 0; round < 20; round++)
        {
            float[] x = [.. Enumerable.Range(0, 500).Select(_ => (float)(random.NextDouble() * 12))];
            float[] y = [.. x.Select(logit => logit + (float)(random.NextDouble() - 0.5))];
            var (whole, kept) = (new PredictionScores(500), new PredictionScores(500));

            Add(whole, x, y, 3);
            Add(kept, x, y, 3, most: 100);

            Assert.Equal(0, whole.KlUncertainty);
            Assert.InRange(whole.Kl, kept.Kl - 1e-9, kept.Kl + kept.KlUncertainty + 1e-9);
            Assert.Equal(whole.Perplexity, kept.Perplexity, 1e-9);
            Assert.Equal(whole.BaselinePerplexity, kept.BaselinePerplexity, 1e-9);
            Assert.Equal(whole.Top1Agreement, kept.Top1Agreement);
        }
    }

    private static void Add(PredictionScores scores, float[] baseline, float[] candidate, int next, int? most = null)
    {
        var row = new Softmax(baseline.Length);
        row.Read(baseline);
        var prediction = new Prediction(baseline.Length, most is null);
        prediction.Take(row, baseline, next, most ?? baseline.Length);
        scores.Add(prediction, candidate, next);
    }

    private static float[] Logs(params double[] probabilities) => [.. probabilities.Select(p => (float)Math.Log(p))];
}
