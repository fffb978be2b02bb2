using Azure;
using SlmOps.Contracts.Operator;

namespace SlmOps.Pipeline.Runs;

/// <summary>
/// Rows <c>progress|…</c> of runs: how far work is that takes long. One small write every five seconds from the tenth on, and
/// the row is deleted when the work ends. Short work writes nothing.
/// </summary>
internal sealed class ProgressRows(RunStore runs, TimeProvider time, ILogger<ProgressRows> log)
{
    /// <summary>What is older stands for a host that died, or that storage does not hear.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    internal static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private const string Prefix = "progress|";

    internal static string Row(string stage, string? variant) => $"{Prefix}{stage}|{variant}";

    /// <summary>What is going on, in the order in which it began.</summary>
    internal static IReadOnlyList<StageProgress> In(RunRows rows, DateTimeOffset now) =>
        [.. rows.List<StageProgress>(Prefix).Where(progress => now - progress.At < Lifetime).OrderBy(progress => progress.StartedAt)];

    /// <summary>Writes down what a meter says until the work has ended. Never the work's fault: what cannot be written is not.</summary>
    internal async Task FollowAsync(RunKey run, string stage, string? variant, StageMeter meter, CancellationToken ended)
    {
        var (startedAt, row) = (time.GetUtcNow(), Row(stage, variant));
        var last = (StageProgress?)null;
        try
        {
            using var timer = new PeriodicTimer(Step, time);
            for (var tick = 1; await timer.WaitForNextTickAsync(ended).ConfigureAwait(false); tick++)
            {
                if (tick > 1)
                {
                    last = meter.Look(last, stage, variant, startedAt, time.GetUtcNow());
                    await WriteAsync(() => runs.PutAsync(run, row, last, ended), run, stage).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The work has ended.
        }

        if (last is not null)
        {
            await WriteAsync(() => runs.DeleteAsync(run, row, CancellationToken.None), run, stage).ConfigureAwait(false);
        }
    }

    private async Task WriteAsync(Func<Task> write, RunKey run, string stage)
    {
        try
        {
            await write().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is RequestFailedException or AggregateException or IOException)
        {
            Log.ProgressUnwritten(log, run.Model, run.Version, stage, fault.Message);
        }
    }
}
