using SlmOps.Contracts;
using SlmOps.Pipeline.Outbox;

namespace SlmOps.Pipeline.Runs;

/// <summary>A stage of a run, whatever its result is.</summary>
internal abstract class RunStage
{
    /// <summary>Does the work of one message, or only sends again what a dead host left unsent.</summary>
    internal abstract Task RunAsync(StageCall call, CancellationToken cancellationToken);

    /// <summary>Stores what stands for the work when it was given up.</summary>
    internal abstract Task GiveUpAsync(StageCall call, RunRecord record, Problem problem, CancellationToken cancellationToken);

    /// <summary>Whether a given-up message is of no account: its work is done, or another message will ask for it.</summary>
    internal abstract Task<bool> IsSettledAsync(StageCall call, RunRecord record, CancellationToken cancellationToken);
}

/// <summary>
/// What every stage has in common: a result that exists is never made again, and it is stored in one transaction with the
/// events and messages that follow from it. A stage derives from this, does its work and says what came of it.
/// </summary>
internal abstract class RunStage<TResult>(RunStore runs, TimeProvider time) : RunStage
    where TResult : StageResult
{
    protected RunStore Runs => runs;

    internal sealed override async Task RunAsync(StageCall call, CancellationToken cancellationToken)
    {
        if (await IsDoneAsync(call, cancellationToken).ConfigureAwait(false))
        {
            await runs.RelayAsync(call.Run, cancellationToken).ConfigureAwait(false);
            return;
        }

        var started = time.GetTimestamp();
        var record = await runs.RequireRunAsync(call.Run, cancellationToken).ConfigureAwait(false);
        if (await WorkAsync(call, record, cancellationToken).ConfigureAwait(false) is { } outcome)
        {
            // Through the base record: the copy is of the result's own type.
            StageResult result = outcome.Result;
            var timed = (TResult)(result with { ElapsedMs = (long)time.GetElapsedTime(started).TotalMilliseconds });
            await StoreAsync(call, record, outcome with { Result = timed }, cancellationToken).ConfigureAwait(false);
            Report(record, timed);
        }
    }

    internal sealed override Task GiveUpAsync(StageCall call, RunRecord record, Problem problem, CancellationToken cancellationToken) =>
        StoreAsync(call, record, Without(call, record, problem), cancellationToken);

    internal override Task<bool> IsSettledAsync(StageCall call, RunRecord record, CancellationToken cancellationToken) =>
        IsDoneAsync(call, cancellationToken);

    /// <summary>The work itself; null when it is too early and a later message asks again.</summary>
    protected abstract Task<StageOutcome<TResult>?> WorkAsync(StageCall call, RunRecord record, CancellationToken cancellationToken);

    /// <summary>What stands for the work that was given up, for a stage whose poisoned messages do not reject the run.</summary>
    protected virtual StageOutcome<TResult> Without(StageCall call, RunRecord record, Problem problem) =>
        throw new InvalidOperationException($"{GetType().Name} has nothing to go on with: {problem.Message}");

    /// <summary>Says in the log what came of the work.</summary>
    protected abstract void Report(RunRecord record, TResult result);

    /// <summary>An event about the run or one of its variants.</summary>
    /// <param name="type">CloudEvents type.</param>
    /// <param name="subject">What it is about.</param>
    /// <param name="data">The event's data.</param>
    /// <param name="occurrence">Tells events of one type and subject apart.</param>
    protected OutboxEntry Fact(string type, string subject, object data, string occurrence = "") =>
        OutboxEntry.Fact(type, subject, occurrence, data, time.GetUtcNow());

    private async Task<bool> IsDoneAsync(StageCall call, CancellationToken cancellationToken) =>
        await runs.FindAsync<TResult>(call.Run, call.Row, cancellationToken).ConfigureAwait(false) is not null;

    private Task StoreAsync(StageCall call, RunRecord record, StageOutcome<TResult> outcome, CancellationToken cancellationToken)
    {
        var foreign = outcome.Entries.FirstOrDefault(entry => entry.Kind == OutboxKind.Event && !call.Step.Facts.Contains(entry.Target));
        return foreign is null
            ? runs.CompleteAsync(
                call.Run, call.Row, outcome.Result, [.. outcome.Entries, .. outcome.GoesOn ? call.Orders(record) : []], cancellationToken)
            : throw new InvalidOperationException($"The flow does not say that the stage {call.Step.Name} publishes {foreign.Target}.");
    }
}

/// <summary>What came of a stage's work on one message.</summary>
/// <param name="Result">Its result, stored once and never changed.</param>
/// <param name="Entries">Events, and messages other than those for the next stages.</param>
/// <param name="GoesOn">Whether the next stages are asked to go on.</param>
internal sealed record StageOutcome<TResult>(TResult Result, IReadOnlyList<OutboxEntry> Entries, bool GoesOn = true);

/// <summary>What a stage stores.</summary>
internal abstract record StageResult
{
    /// <summary>How long the stage took.</summary>
    public long ElapsedMs { get; init; }
}
