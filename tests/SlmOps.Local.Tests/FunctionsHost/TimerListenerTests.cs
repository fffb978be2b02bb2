using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using SlmOps.Local.FunctionsHost;

namespace SlmOps.Local.Tests.FunctionsHost;

public sealed class TimerListenerTests
{
    private static readonly DateTimeOffset Start = new(2025, 11, 24, 6, 0, 30, TimeSpan.Zero);

    [Theory]
    [InlineData("0 */5 * * * *", "2025-11-24T06:05:00Z")]
    [InlineData("*/10 * * * * *", "2025-11-24T06:00:40Z")]
    [InlineData("0 0 0 1 1 *", "2026-01-01T00:00:00Z")]
    [InlineData("*/5 * * * *", "2025-11-24T06:05:00Z")]
    [InlineData("00:00:45", "2025-11-24T06:01:15Z")]
    public void Next_Schedule_IsInUtc(string text, string expected)
    {
        Assert.True(Schedule.TryParse(text, out var schedule));
        Assert.Equal(expected, schedule.Next(Start).ToString("yyyy-MM-ddTHH:mm:ssZ", null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("every day")]
    [InlineData("99 * * * * *")]
    [InlineData("-00:00:10")]
    [InlineData("* * *")]
    public void TryParse_NoSchedule_IsRefused(string text) => Assert.False(Schedule.TryParse(text, out _));

    [Fact]
    public async Task Run_ByTheClock_NeverOverlapsAndSkipsMissedRuns()
    {
        var time = new FakeTimeProvider(Start);
        var hold = new TaskCompletionSource();
        var calls = 0;
        var script = new Script { Act = (_, _) => Interlocked.Increment(ref calls) == 2 ? hold.Task : Task.CompletedTask };
        Assert.True(Schedule.TryParse("0 * * * * *", out var schedule));
        await using var host = TestListeners.Timer(script, schedule, runOnStartup: true, time);

        using var atStart = JsonDocument.Parse((await script.NextAsync()).Data.Json);
        Assert.False(atStart.RootElement.GetProperty("IsPastDue").GetBoolean());
        Assert.Equal(
            new DateTime(2025, 11, 24, 6, 1, 0, DateTimeKind.Utc),
            atStart.RootElement.GetProperty("ScheduleStatus").GetProperty("Next").GetDateTime());
        await AdvanceUntilAsync(time, TimeSpan.FromSeconds(30), () => Volatile.Read(ref calls) == 2);
        await script.NextAsync();
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(2, Volatile.Read(ref calls));
        hold.SetResult();
        await AdvanceUntilAsync(time, TimeSpan.FromSeconds(30), () => Volatile.Read(ref calls) == 3);

        Assert.Equal(3, Volatile.Read(ref calls));
    }

    [Fact]
    public async Task Run_FailsWithARetryPolicy_IsTriedSoOftenAndToldSo()
    {
        var time = new FakeTimeProvider(Start);
        var calls = 0;
        var script = new Script
        {
            Act = (_, _) =>
            {
                Interlocked.Increment(ref calls);
                throw new InvalidOperationException("as planned");
            },
        };
        Assert.True(Schedule.TryParse("0 0 0 1 1 *", out var schedule));
        await using var host = TestListeners.Timer(
            script, schedule, runOnStartup: true, time, new RetryPolicy(2, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(15)));

        await AdvanceUntilAsync(time, TimeSpan.FromSeconds(10), () => Volatile.Read(ref calls) == 3);

        for (var retry = 0; retry <= 2; retry++)
        {
            var context = (await script.NextAsync()).Request.RetryContext;
            Assert.Equal((retry, 2), (context.RetryCount, context.MaxRetryCount));
        }

        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(3, Volatile.Read(ref calls));
    }

    // The listener sets its timer a little after the run has ended; moving the clock again finds it.
    private static Task AdvanceUntilAsync(FakeTimeProvider time, TimeSpan step, Func<bool> condition) => Until.HoldsAsync(
        () =>
        {
            if (condition())
            {
                return Task.FromResult(true);
            }

            time.Advance(step);
            return Task.FromResult(false);
        },
        "the timer has fired");
}
