using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Validate;

namespace SlmOps.Pipeline.Tests.Validate;

public sealed class AcceptancePolicyTests
{
    private static readonly AcceptanceLimits Limits = new(0.05, 0.10, 0.80, 15);
    private static readonly VariantFigures Nothing = new(null, null, null, null, null, null, null, null);

    [Theory]
    [InlineData(0.05, 0.10, 0.80, null)]
    [InlineData(-0.02, 0, 1, null)]
    [InlineData(0.0501, 0.01, 0.9, "perplexity +5.01% > +5.00%")]
    [InlineData(0.01, 0.1001, 0.9, "KL 0.1001 > 0.1")]
    [InlineData(0.01, 0.01, 0.7999, "top-1 agreement 0.7999 < 0.8")]
    [InlineData(0.2, 0.3, 0.1, "perplexity +20.00% > +5.00%, KL 0.3 > 0.1, top-1 agreement 0.1 < 0.8")]
    [InlineData(double.NaN, 0.01, 0.9, "perplexity NaN > +5.00%")]
    [InlineData(0.01, double.NaN, 0.9, "KL NaN > 0.1")]
    [InlineData(0.01, 0.01, double.NaN, "top-1 agreement NaN < 0.8")]
    [InlineData(double.PositiveInfinity, 0.01, 0.9, "perplexity Infinity > +5.00%")]
    [InlineData(0.01, double.PositiveInfinity, 0.9, "KL Infinity > 0.1")]
    public void Judge_LanguageModel_KeepsEachLimit(double change, double kl, double agreement, string? broken)
    {
        var verdict = AcceptancePolicy.Judge(Limits, Figures(14, change, kl, agreement), isOriginal: false);

        Assert.Equal(broken is null, verdict.Accepted);
        Assert.Equal(broken ?? verdict.Reason, verdict.Reason);
    }

    [Theory]
    [InlineData(15, true)]
    [InlineData(200, true)]
    [InlineData(14.99, false)]
    [InlineData(-200, false)]
    [InlineData(double.NaN, false)]
    [InlineData(double.NegativeInfinity, false)]
    public void Judge_OtherModel_KeepsItsSignal(double decibel, bool accepted) =>
        Assert.Equal(accepted, AcceptancePolicy.Judge(Limits, Nothing with { SqnrDb = decibel }, isOriginal: false).Accepted);

    // A trained sentence encoder in 8 and in 4 bits, and one whose table was emptied.
    [Theory]
    [InlineData(0.9996, 0.988, 28.0, true)]
    [InlineData(0.972, 0.894, 12.0, true)]
    [InlineData(0.94, null, 12.0, false)]
    [InlineData(0.016, 0.1, 0.0, false)]
    [InlineData(0.9995, 0.5, 28.0, false)]
    [InlineData(double.NaN, null, 28.0, false)]
    public void Judge_Encoder_KeepsDirectionAndNeighboursWhateverTheNoise(
        double cosine,
        double? neighbours,
        double decibel,
        bool accepted) =>
        Assert.Equal(
            accepted,
            AcceptancePolicy
                .Judge(
                    AcceptanceLimits.Default,
                    Nothing with
                    {
                        SqnrDb = decibel,
                        Cosine = cosine,
                        Neighbours = neighbours,
                    },
                    isOriginal: false)
                .Accepted);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Judge_PerplexityThatIsNoNumber_IsRefusedEvenInTheOriginal(double perplexity)
    {
        var figures = Figures(perplexity, 0, 0, 1);

        Assert.Equal(new(false, "perplexity is not a finite number"), AcceptancePolicy.Judge(Limits, figures, isOriginal: true));
        Assert.Equal(new(false, "perplexity is not a finite number"), AcceptancePolicy.Judge(Limits, figures, isOriginal: false));
    }

    [Fact]
    public void Judge_Original_IsNeverRefusedByLimits() =>
        Assert.Equal(new(true, "the original"), AcceptancePolicy.Judge(Limits, Figures(14, 9, 9, 0), isOriginal: true));

    [Fact]
    public void Judge_NothingMeasured_IsNoPass() =>
        Assert.Equal(
            new(false, "nothing was measured"),
            AcceptancePolicy.Judge(Limits, Nothing with { TokensPerSecond = 9, PeakBytes = 9 }, isOriginal: false));

    [Theory]
    [InlineData(0.0125, "perplexity +1.25%, KL 0.004")]
    [InlineData(-0.0125, "perplexity -1.25%, KL 0.004")]
    [InlineData(0, "perplexity 0.00%, KL 0.004")]
    public void Judge_Accepted_SaysHowGood(double change, string reason) =>
        Assert.Equal(new(true, reason), AcceptancePolicy.Judge(Limits, Figures(14, change, 0.004, 0.95), isOriginal: false));

    private static VariantFigures Figures(double perplexity, double change, double kl, double agreement) =>
        Nothing with { Perplexity = perplexity, PerplexityChange = change, Kl = kl, Top1Agreement = agreement };
}
