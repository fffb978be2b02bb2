using SlmOps.Local.FunctionsHost;

namespace SlmOps.Local.Tests.FunctionsHost.Comparison;

/// <summary>What takes as long as the real host's lease, which nothing shortens.</summary>
internal static class SlowCases
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(12);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    public static IReadOnlyList<Case> All { get; } =
    [
        new("The function runs longer than the lease: renewed after", Plain, RenewedAsync, "half of the lease, both"),
        new(
            "Storage fails at renewals for a while",
            Plain,
            RenewalFailsAsync,
            "the message would go to somebody else although its function runs"),
        new("The host is killed: its message is visible again after", Plain, KilledAsync, "the lease"),
        new(
            "A message comes from outside while the listener pauses",
            Plain,
            WokenAsync,
            "the Event Grid emulator tells the listener, and each stage would wait otherwise"),
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static string Plain(string name) => name;

    private static async Task HoldsAsync(Func<Task<bool>> condition, string what)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Longest, $"Waited {Longest} for: {what}");
            await Task.Delay(Interval, TimeProvider.System, Cancelled);
        }
    }

    private static int Occurrences(string text, string part) => text.Split(part).Length - 1;

    /// <summary>To the nearest quarter of a minute.</summary>
    private static string Seconds(TimeSpan elapsed) => $"{15 * Math.Round(elapsed.TotalSeconds / 15)} s";

    private static async Task<string?> RenewedAsync(Trial trial)
    {
        var done = new TaskCompletionSource();
        trial.Act = (_, _, _) => done.Task;
        await trial.SendAsync("m");
        await trial.StartAsync(TestListeners.Plain);
        await HoldsAsync(() => Task.FromResult(Occurrences(trial.Recording.Text, "hide") > 0), "the renewal");
        var (called, hidden) = trial.Recording.At;
        done.SetResult();
        await trial.EmptyAsync();
        Assert.EndsWith("s, delete", trial.Recording.Text, StringComparison.Ordinal);
        return Seconds(TimeProvider.System.GetElapsedTime(called, hidden));
    }

    private static async Task<string?> RenewalFailsAsync(Trial trial)
    {
        const int failures = 6;
        var refused = 0;
        var done = new TaskCompletionSource();
        trial.Act = (_, _, _) => done.Task;
        trial.Recording.Refuse = step =>
            step.StartsWith("hide", StringComparison.Ordinal) && Interlocked.Increment(ref refused) <= failures ? 500 : null;
        await trial.SendAsync("m");
        await trial.StartAsync(TestListeners.Plain);
        await HoldsAsync(
            () => Task.FromResult(
                trial.Recording.Text.Contains("unhandled", StringComparison.Ordinal) || Volatile.Read(ref refused) > failures),
            "the renewal");
        var renewed = !trial.Recording.Text.Contains("unhandled", StringComparison.Ordinal);
        done.SetResult();
        await trial.EmptyAsync();
        return renewed ? "tried on until it is renewed" : "unhandled error, not tried again";
    }

    private static async Task<string?> KilledAsync(Trial trial)
    {
        var done = new TaskCompletionSource();
        trial.Act = (_, _, _) => done.Task;
        await trial.SendAsync("m");
        await trial.StartAsync(TestListeners.Plain);
        await trial.CalledAsync();
        trial.Recording.IsCut = true;
        await HoldsAsync(async () => (await trial.Queue.PeekMessagesAsync(1, Cancelled)).Value.Length > 0, "the message");
        var back = TimeProvider.System.GetElapsedTime(trial.Recording.At.Called);
        done.SetResult();
        return Seconds(back);
    }

    private static async Task<string?> WokenAsync(Trial trial)
    {
        await trial.SendAsync();
        await trial.StartAsync(TestListeners.Plain with { MaxPollingInterval = TimeSpan.FromMinutes(1) });

        // The pause after the ninth look is some 25 s, and never less than 20.
        await HoldsAsync(() => Task.FromResult(trial.Recording.Looks >= 9), "nine looks");
        var since = TimeProvider.System.GetTimestamp();
        await trial.DeliverAsync("m");
        await trial.CalledAsync();
        return TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(8) ? "taken at once" : "taken at the next look";
    }
}
