using SlmOps.Contracts;
using SlmOps.Contracts.Operator;

namespace SlmOps.Pipeline.Runs;

/// <summary>Ends a run at an operator's word: it is rejected, its stages stop, and what comes for it later is dropped.</summary>
internal sealed class RunCancel(RunStore runs, Rejections rejections, ILogger<RunCancel> log)
{
    /// <summary>The stage that the rejection names.</summary>
    internal const string Name = "cancel";

    /// <summary>Null when nothing of that name and version was uploaded; else what was done, or why nothing was.</summary>
    internal async Task<CancelOutcome?> CancelAsync(RunKey run, CancellationToken cancellationToken)
    {
        var record = (await runs.FindAsync<RunRecord>(run, RunRecord.Row, cancellationToken).ConfigureAwait(false))?.Value;
        if (record is null && !await IsInIntakeAsync(run, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        if (await EndAsync(run, cancellationToken).ConfigureAwait(false) is { } end)
        {
            return new(false, $"{run.Model} {run.Version} {end}.");
        }

        var rejection = new ModelRejected(
            run.Model,
            run.Version,
            record?.Upload ?? "",
            Name,
            [
                new(
                    Rejections.Cancelled,
                    $"{run.Model} {run.Version} was cancelled by an operator.",
                    "Upload it under a new version to try again."),
            ]);
        await rejections.AddAsync(run, rejection, Rejections.Cancelled, cancellationToken).ConfigureAwait(false);
        Log.RunCancelled(log, run.Model, run.Version);
        return new(true, $"Cancelled {run.Model} {run.Version}; what runs of it ends within seconds.");
    }

    private async Task<bool> IsInIntakeAsync(RunKey run, CancellationToken cancellationToken) =>
        await runs.FindAsync<StageAttempt>(run, StageAttempt.Row(StageAttempt.Intake, null), cancellationToken).ConfigureAwait(false)
            is not null
        || await runs.FindAsync<StageProgress>(run, ProgressRows.Row(StageAttempt.Intake, null), cancellationToken).ConfigureAwait(false)
            is not null;

    /// <summary>How a run ended that can no longer be cancelled.</summary>
    private async Task<string?> EndAsync(RunKey run, CancellationToken cancellationToken) =>
        await rejections.IsCancelledAsync(run, cancellationToken).ConfigureAwait(false) ? "was cancelled before"
        : await runs.FindAsync<ReleaseResult>(run, ReleaseResult.Row, cancellationToken).ConfigureAwait(false) is not null
            ? "was released; take it back with `slmops rollout rollback`"
        : await runs.FindAsync<AdaptResult>(run, AdaptResult.Row, cancellationToken).ConfigureAwait(false) is not null
            ? "has ended; take it out of its channel with `slmops adaptation withdraw`"
        : await runs.FindAsync<PackageResult>(run, PackageResult.Row, cancellationToken).ConfigureAwait(false)
            is { Value.Variants.Count: 0 }
            ? "was rejected before"
        : null;
}

/// <summary>What became of a cancellation.</summary>
/// <param name="Done">True when the run is cancelled now.</param>
/// <param name="Message">What was done, or why nothing was.</param>
internal sealed record CancelOutcome(bool Done, string Message);
