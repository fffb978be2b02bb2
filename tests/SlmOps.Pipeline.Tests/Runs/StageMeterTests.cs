using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Tests.Runs;

public sealed class StageMeterTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly StageMeter _meter = new();

    [Fact]
    public void Look_BytesOfAPart_GiveFractionAndRateSinceTheLastLook()
    {
        IProgress<long> part = _meter.Begin("read", 1000);
        part.Report(200);
        var first = Look(null, 10);
        part.Report(100);

        var second = Look(first, 15);

        Assert.Equal(("read", 0.2, 200, 20), (first.Part, first.Fraction, first.Bytes, first.BytesPerSecond));
        Assert.Equal((0.3, 300, 20), (second.Fraction, second.Bytes, second.BytesPerSecond));
    }

    [Fact]
    public void Look_NewPart_HasNoRateYet()
    {
        IProgress<long> part = _meter.Begin("read", 1000);
        part.Report(1000);
        var before = Look(null, 10);
        part = _meter.Begin("store", 500);
        part.Report(250);

        var now = Look(before, 15);

        Assert.Equal(("store", 0.5, null), (now.Part, now.Fraction, now.BytesPerSecond));
    }

    [Fact]
    public void Look_FractionsOnly_HaveNoBytes()
    {
        IProgress<double> part = _meter.Begin("judge");
        part.Report(0.25);

        var now = Look(null, 10);

        Assert.Equal((0.25, null, null), (now.Fraction, now.Bytes, now.BytesPerSecond));
    }

    [Theory]
    [InlineData(double.NaN, null)]
    [InlineData(7, 1.0)]
    [InlineData(-1, 0.0)]
    public void Look_FractionThatIsNone_StaysWithinItsBounds(double said, double? fraction)
    {
        IProgress<double> part = _meter.Begin("judge");
        part.Report(said);

        Assert.Equal(fraction, Look(null, 10).Fraction);
    }

    [Fact]
    public void Look_MoreBytesThanWereSaid_IsAllOfIt()
    {
        IProgress<long> part = _meter.Begin("read", 10);
        part.Report(20);

        Assert.Equal(1, Look(null, 10).Fraction);
    }

    private StageProgress Look(StageProgress? before, int second) => _meter.Look(before, "quantize", "int4", Noon, Noon.AddSeconds(second));
}
