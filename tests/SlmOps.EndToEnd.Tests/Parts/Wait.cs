using System.Diagnostics;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>Waiting for what other processes do: bounded, and a failure says what was seen last.</summary>
internal static class Wait
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Far more than anything here takes, because a busy machine is slow and never wrong.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    internal static async Task<T> ForAsync<T>(string what, Func<Task<T>> look, Predicate<T> done, Func<T, string> show)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var seen = await look();
            if (done(seen))
            {
                return seen;
            }

            if (clock.Elapsed > Patience)
            {
                Assert.Fail($"Waited {Patience.TotalSeconds} s for {what}; last seen: {show(seen)}");
            }

            await Task.Delay(Pause, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
