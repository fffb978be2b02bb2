using System.Diagnostics;
using System.Text.Json;
using SlmOps.Local.Workers.Protocol;

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
                await FireAsync(isPastDue: false, stop);
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

                await FireAsync(isPastDue: wait < -Late, stop);
                next = trigger.Schedule.Next(time.GetUtcNow());
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    /// <summary>Runs the function now, as an administrator may ask.</summary>
    public async Task FireAsync(bool isPastDue, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var info = JsonSerializer.Serialize(new
        {
            Schedule = new { AdjustForDST = false },
            ScheduleStatus = new
            {
                Last = _last.UtcDateTime,
                Next = trigger.Schedule.Next(now).UtcDateTime,
                LastUpdated = now.UtcDateTime,
            },
            IsPastDue = isPastDue,
        });
        _last = now;
        for (var retry = 0; ; retry++)
        {
            var result = await RunAsync(info, retry);
            if (result.Succeeded || stop.IsCancellationRequested || function.Retry?.Allows(retry) != true)
            {
                return;
            }

            await Task.Delay(function.Retry.DelayBefore(retry + 1), time, stop);
        }
    }

    private Task<InvocationResult> RunAsync(string info, int retry)
    {
        var context = function.Retry is { } policy ? new RetryContext { RetryCount = retry, MaxRetryCount = policy.Count } : null;
        return invoker.RunAsync(
            function,
            new Invocation(() => new TypedData { Json = info }, Invocation.NoMetadata, default(ActivityContext), context),
            CancellationToken.None);
    }
}
