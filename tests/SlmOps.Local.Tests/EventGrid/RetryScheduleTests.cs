using System.Net;
using SlmOps.Local.EventGrid;

namespace SlmOps.Local.Tests.EventGrid;

public sealed class RetryScheduleTests
{
    private static readonly DateTimeOffset Start = new(2025, 11, 24, 6, 0, 0, TimeSpan.Zero);
    private static readonly DeliveryOutcome Failed = new(DeliveryKind.Retriable, "InternalServerError");
    private readonly RetrySchedule _schedule = new(timeScale: 1, jitterFraction: 0);

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 30)]
    [InlineData(3, 60)]
    [InlineData(4, 300)]
    [InlineData(5, 600)]
    [InlineData(6, 1800)]
    [InlineData(7, 3600)]
    [InlineData(8, 10800)]
    [InlineData(9, 21600)]
    [InlineData(10, 43200)]
    [InlineData(11, 43200)]
    public void After_Failure_WaitsAsEventGridDoes(int attempts, int seconds)
    {
        var next = _schedule.After(Failed, attempts, new RetryPolicy(), Start, Start, random: 0.9);

        Assert.Equal(new NextStep.RetryAt(Start.AddSeconds(seconds)), next);
    }

    [Fact]
    public void After_TimeScaleAndJitter_ScaleTheDelay()
    {
        var schedule = new RetrySchedule(timeScale: 10, jitterFraction: 0.5);

        Assert.Equal(
            new NextStep.RetryAt(Start.AddSeconds(1.25)),
            schedule.After(Failed, 1, new RetryPolicy(), Start, Start, random: 0.5));
    }

    [Fact]
    public void After_LimitReached_IsGivenUp()
    {
        Assert.Equal(
            new NextStep.DeadLetter("MaxDeliveryAttemptsExceeded"),
            _schedule.After(Failed, 3, new RetryPolicy(MaxDeliveryAttempts: 3), Start, Start, 0));
        Assert.IsType<NextStep.RetryAt>(_schedule.After(Failed, 2, new RetryPolicy(MaxDeliveryAttempts: 3), Start, Start, 0));
        Assert.Equal(
            new NextStep.DeadLetter("TimeToLiveExceeded"),
            _schedule.After(Failed, 1, new RetryPolicy(EventTimeToLiveInMinutes: 5), Start, Start.AddMinutes(5), 0));
        Assert.Equal(
            new NextStep.DeadLetter("Forbidden"),
            _schedule.After(new(DeliveryKind.Final, "Forbidden"), 1, new RetryPolicy(), Start, Start, 0));
        Assert.Equal(new NextStep.Settled(), _schedule.After(DeliveryOutcome.Success, 1, new RetryPolicy(), Start, Start, 0));
    }

    [Theory]
    [InlineData(200, "Delivered")]
    [InlineData(204, "Delivered")]
    [InlineData(206, "Retriable")]
    [InlineData(302, "Retriable")]
    [InlineData(400, "Final")]
    [InlineData(401, "Final")]
    [InlineData(403, "Final")]
    [InlineData(404, "Retriable")]
    [InlineData(413, "Final")]
    [InlineData(429, "Retriable")]
    [InlineData(503, "Retriable")]
    public void FromStatus_EachCode_HasItsKind(int status, string kind) =>
        Assert.Equal(kind, WebhookSender.FromStatus((HttpStatusCode)status).Kind.ToString());
}
