using SlmOps.Contracts;
using SlmOps.Pipeline.Outbox;

namespace SlmOps.Pipeline.Runs;

/// <summary>
/// Rows <c>rejected|…</c> of runs: an upload can be refused more than once under one name, each time for something else.
/// </summary>
internal sealed class Rejections(RunStore runs, TimeProvider time)
{
    /// <summary>The occurrence that an operator's word is.</summary>
    internal const string Cancelled = "cancelled";

    private const string Prefix = "rejected|";

    /// <summary>Stores a rejection and its event, once.</summary>
    /// <param name="run">The run.</param>
    /// <param name="rejection">What is wrong.</param>
    /// <param name="occurrence">Tells rejections of one run apart: the same text is the same rejection.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal Task<bool> AddAsync(RunKey run, ModelRejected rejection, string occurrence, CancellationToken cancellationToken) =>
        runs.CompleteAsync(
            run, Prefix + occurrence, rejection,
            [OutboxEntry.Fact(EventTypes.ModelRejected, run.Subject, occurrence, rejection, time.GetUtcNow())], cancellationToken);

    /// <summary>True when an operator ended the run.</summary>
    internal async Task<bool> IsCancelledAsync(RunKey run, CancellationToken cancellationToken) =>
        await runs.FindAsync<ModelRejected>(run, Prefix + Cancelled, cancellationToken).ConfigureAwait(false) is not null;

    internal Task<IReadOnlyList<ModelRejected>> ListAsync(RunKey run, CancellationToken cancellationToken) =>
        runs.ListAsync<ModelRejected>(run, Prefix, cancellationToken);

    internal static IReadOnlyList<ModelRejected> In(RunRows rows) => rows.List<ModelRejected>(Prefix);
}
