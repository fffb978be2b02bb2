using System.Diagnostics;
using Microsoft.Azure.Functions.Worker;

namespace SlmOps.Local.FunctionsHost;

/// <summary>Runs one function by the clock, never twice at once; runs that are missed meanwhile are skipped.</summary>
internal sealed class TimerListener(FunctionDescriptor function, Trigger.Timer trigger, Invoker invoker, TimeProvider time)
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(1);
    private DateTimeOffset _last;

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            if (trigger.RunOnStartup)
            {
                await FireAsync(isPastDue: false);
            }

            var next = trigger.Schedule.Next(time.GetUtcNow());
            while (!stop.IsCancellationRequested)
            {
                var wait = next - time.GetUtcNow();
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait < LongestDelay ? wait : LongestDelay, time, stop);
                    continue;
                }

                await FireAsync(isPastDue: wait < -Late);
                next = trigger.Schedule.Next(time.GetUtcNow());
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    /// <summary>Runs the function now, as an administrator may ask.</summary>
    public async Task FireAsync(bool isPastDue)
    {
        var now = time.GetUtcNow();
        var info = new TimerInfo
        {
            IsPastDue = isPastDue,
            ScheduleStatus = new ScheduleStatus
            {
                Last = _last.UtcDateTime,
                Next = trigger.Schedule.Next(now).UtcDateTime,
                LastUpdated = now.UtcDateTime,
            },
        };
        _last = now;
        await invoker.RunAsync(
            function, new Invocation(() => info, new Dictionary<string, object?>(), default(ActivityContext)), CancellationToken.None);
    }
}
