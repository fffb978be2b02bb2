using SlmOps.Contracts;

namespace SlmOps.Pipeline.Runs;

/// <summary>
/// Stands before the stages that work on what was uploaded. A run that an operator cancelled goes no further, and what
/// runs of it is ended. A message over which the host died twice is not tried a third time: five times two hours would
/// hold up everybody else. After its first death a message runs with no other beside it, so that a second one is its own
/// and not that of whatever happened to run in the same host. While it works, how far it is is written down.
/// </summary>
internal sealed class StageGuard(
    RunStore runs, Rejections rejections, ProgressRows progress, StageRoom room, PipelineOptions options, TimeProvider time,
    ILogger<StageGuard> log)
    : IDisposable
{
    /// <summary>More than a host ever runs at once; who takes all of them is alone.</summary>
    private const int Places = 64;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _places = new(Places, Places);
    private readonly SemaphoreSlim _alone = new(1, 1);

    public void Dispose()
    {
        _places.Dispose();
        _alone.Dispose();
    }

    /// <summary>Runs a stage, or what gives its message up.</summary>
    /// <param name="run">The run.</param>
    /// <param name="step">The stage.</param>
    /// <param name="variant">The variant, for a stage that has one.</param>
    /// <param name="work">The stage.</param>
    /// <param name="cancellationToken">Stops it; that is no death.</param>
    internal async Task RunAsync(RunKey run, FlowStep step, string? variant, GuardedWork work, CancellationToken cancellationToken)
    {
        var stage = step.Name;
        if (await rejections.IsCancelledAsync(run, cancellationToken).ConfigureAwait(false))
        {
            Log.StageCancelled(log, run.Model, run.Version, variant ?? "", stage);
            return;
        }

        if (!step.Computes)
        {
            await EnterAsync(1, cancellationToken).ConfigureAwait(false);
            try
            {
                await WatchedAsync(run, step, variant, work, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _places.Release();
            }

            return;
        }

        var row = StageAttempt.Row(stage, variant);
        var died = (await runs.FindAsync<StageAttempt>(run, row, cancellationToken).ConfigureAwait(false))?.Value.Count ?? 0;
        if (died >= options.MaxHostDeaths)
        {
            Log.HostDied(log, run.Model, run.Version, variant ?? "", stage, died);
            await work.GiveUp(null).ConfigureAwait(false);
            await runs.DeleteAsync(run, row, cancellationToken).ConfigureAwait(false);
            return;
        }

        var places = died == 0 ? 1 : Places;
        await EnterAsync(places, cancellationToken).ConfigureAwait(false);
        try
        {
            await WatchedAsync(run, step, variant, work with { Do = CountedAsync }, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _places.Release(places);

            // Whatever happened, the host lives: also when it is being stopped.
            await runs.DeleteAsync(run, row, CancellationToken.None).ConfigureAwait(false);
        }

        // Who waits for room has not begun: a host that is switched off meanwhile did not die over it.
        async Task CountedAsync(StageMeter meter, CancellationToken ended)
        {
            await runs.PutAsync(run, row, new StageAttempt(died + 1, time.GetUtcNow()), ended).ConfigureAwait(false);
            await work.Do(meter, ended).ConfigureAwait(false);
        }
    }

    /// <summary>Takes so many places, or none of them when it is cancelled.</summary>
    private async Task EnterAsync(int places, CancellationToken cancellationToken)
    {
        // One after another: two that each hold half of the places would wait for ever.
        await _alone.WaitAsync(cancellationToken).ConfigureAwait(false);
        var taken = 0;
        try
        {
            for (; taken < places; taken++)
            {
                await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            if (taken > 0)
            {
                _places.Release(taken);
            }

            throw;
        }
        finally
        {
            _alone.Release();
        }
    }

    private async Task WatchedAsync(
        RunKey run, FlowStep step, string? variant, GuardedWork work, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var meter = new StageMeter();
        var watch = WatchAsync(run, cancelled, ended.Token);
        var follow = progress.FollowAsync(run, step.Name, variant, meter, ended.Token);
        try
        {
            var need = await work.Need(cancelled.Token).ConfigureAwait(false);
            var what = $"{step.Name} of {variant ?? run.ToString()}";
            var (seat, refusal) = await room.EnterAsync(what, need, meter, cancelled.Token).ConfigureAwait(false);
            using (seat)
            {
                if (refusal is not null)
                {
                    Log.NoRoom(log, run.Model, run.Version, variant ?? "", step.Name, refusal.Message);
                }

                await (refusal is null ? work.Do(meter, cancelled.Token) : work.GiveUp(refusal)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            Log.StageCancelled(log, run.Model, run.Version, variant ?? "", step.Name);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await follow.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

/// <summary>What a guard runs.</summary>
/// <param name="Need">What the work needs of the machine.</param>
/// <param name="Do">The work.</param>
/// <param name="GiveUp">Ends the waiting for it, with what is in its way; null when the host died over it.</param>
internal sealed record GuardedWork(
    Func<CancellationToken, Task<StageNeed>> Need, Func<StageMeter, CancellationToken, Task> Do, Func<Problem?, Task> GiveUp);
