namespace SlmOps.Pipeline.Runs;

/// <summary>
/// Stands before the stages that work on what was uploaded. A run that an operator cancelled goes no further, and what
/// runs of it is ended. A message over which the host died twice is not tried a third time: five times two hours would
/// hold up everybody else.
/// </summary>
internal sealed class StageGuard(RunStore runs, Rejections rejections, TimeProvider time, ILogger<StageGuard> log)
{
    /// <summary>Deaths of the host after which a message is given up.</summary>
    internal const int MostDeaths = 2;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    /// <summary>Runs a stage, or what gives its message up.</summary>
    /// <param name="run">The run.</param>
    /// <param name="step">The stage.</param>
    /// <param name="variant">The variant, for a stage that has one.</param>
    /// <param name="work">The stage.</param>
    /// <param name="giveUp">Ends the waiting for it.</param>
    /// <param name="cancellationToken">Stops it; that is no death.</param>
    internal async Task RunAsync(
        RunKey run, FlowStep step, string? variant, Func<CancellationToken, Task> work, Func<Task> giveUp, CancellationToken cancellationToken)
    {
        var stage = step.Name;
        if (await rejections.IsCancelledAsync(run, cancellationToken).ConfigureAwait(false))
        {
            Log.StageCancelled(log, run.Model, run.Version, variant ?? "", stage);
            return;
        }

        if (!step.Computes)
        {
            await WatchedAsync(run, stage, variant, work, cancellationToken).ConfigureAwait(false);
            return;
        }

        var row = StageAttempt.Row(stage, variant);
        var died = (await runs.FindAsync<StageAttempt>(run, row, cancellationToken).ConfigureAwait(false))?.Value.Count ?? 0;
        if (died >= MostDeaths)
        {
            Log.HostDied(log, run.Model, run.Version, variant ?? "", stage, died);
            await giveUp().ConfigureAwait(false);
            await runs.DeleteAsync(run, row, cancellationToken).ConfigureAwait(false);
            return;
        }

        await runs.PutAsync(run, row, new StageAttempt(died + 1, time.GetUtcNow()), cancellationToken).ConfigureAwait(false);
        try
        {
            await WatchedAsync(run, stage, variant, work, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Whatever happened, the host lives: also when it is being stopped.
            await runs.DeleteAsync(run, row, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task WatchedAsync(RunKey run, string stage, string? variant, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = WatchAsync(run, cancelled, ended.Token);
        try
        {
            await work(cancelled.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            Log.StageCancelled(log, run.Model, run.Version, variant ?? "", stage);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WatchAsync(RunKey run, CancellationTokenSource cancelled, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(Look, time);
        while (await timer.WaitForNextTickAsync(ended).ConfigureAwait(false))
        {
            if (await rejections.IsCancelledAsync(run, ended).ConfigureAwait(false))
            {
                await cancelled.CancelAsync().ConfigureAwait(false);
                return;
            }
        }
    }
}
