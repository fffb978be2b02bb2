using Microsoft.Extensions.Time.Testing;
using SlmOps.Cli.Push;

namespace SlmOps.Cli.Tests.Push;

public sealed class TransferMeterTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Look_WhatWasThere_CountsAsDoneAndNotAsSpeed()
    {
        var meter = new TransferMeter(1_000_000_000, _time);
        meter.Found(400_000_000);
        meter.Sent(100_000_000);
        _time.Advance(TimeSpan.FromSeconds(2));

        var state = meter.Look();

        Assert.Equal((500_000_000, 400_000_000, 50e6), (state.Done, state.Found, state.BytesPerSecond));
        Assert.Equal(TimeSpan.FromSeconds(10), state.Left);
    }

    [Fact]
    public void Look_LineGetsSlow_RateFollowsWithinTheLastLooks()
    {
        var meter = new TransferMeter(1_000_000_000, _time);
        Step(10, 10_000_000);

        Step(16, 1_000_000);

        Assert.Equal(1e6, meter.Look().BytesPerSecond, 1e5);

        void Step(int seconds, long bytes)
        {
            for (var second = 0; second < seconds; second++)
            {
                meter.Sent(bytes);
                _time.Advance(TimeSpan.FromSeconds(1));
                meter.Look();
            }
        }
    }

    [Fact]
    public void Look_NothingMoves_NobodyKnowsHowLong()
    {
        var meter = new TransferMeter(10, _time);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(meter.Look().Left);
    }

    [Fact]
    public void Text_State_SaysAmountRateAndTimeLeft()
    {
        Assert.Equal(
            "1.20 GB of 5.20 GB (23 %), 52.1 MB/s, 77 s left",
            TransferText.Of(new(5_200_000_000, 1_200_000_000, 0, 52_100_000)));
        Assert.Equal(
            "5.19 GB of 5.20 GB (99 %), 0.0 MB/s (1.00 GB were there)",
            TransferText.Of(new(5_200_000_000, 5_190_000_000, 1_000_000_000, 0)));
        Assert.Equal("0 bytes", TransferText.Of(new(0, 0, 0, 0)));
    }

    [Fact]
    public void Done_Transfer_SaysWhatWasSentAndWhatWasThere()
    {
        Assert.Equal(
            "Sent 5.20 GB in 80 s, 65.0 MB/s.", TransferText.Done(new(5_200_000_000, 5_200_000_000, 0, 1), TimeSpan.FromSeconds(80)));
        Assert.Equal(
            "Sent 4.00 GB in 80 s, 50.0 MB/s; 1.20 GB were there.",
            TransferText.Done(new(5_200_000_000, 5_200_000_000, 1_200_000_000, 1), TimeSpan.FromSeconds(80)));
    }

    [Theory]
    [InlineData(0.2, "1 s")]
    [InlineData(99, "99 s")]
    [InlineData(100, "2 min")]
    [InlineData(7200, "2 h 0 min")]
    [InlineData(90_000, "25 h 0 min")]
    [InlineData(1e8, "1158 days")]
    public void Left_Seconds_AreRoundedAsAnEstimate(double seconds, string text) =>
        Assert.Equal(text, TransferText.Left(TimeSpan.FromSeconds(seconds)));
}
