using System.Diagnostics;
using SlmOps.Contracts;
using SlmOps.Pipeline.Adapt;
using SlmOps.Pipeline.Deltas;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Poison;

/// <summary>
/// A message that a stage failed on again and again. The run must not wait for it for ever: a variant is refused and the
/// others go on; deltas are left out; any other stage of the whole run rejects the model.
/// </summary>
internal sealed class PoisonStage(RunStore runs, TimeProvider time, ILogger<PoisonStage> log)
{
    private const string Code = "stage-failed";
    private static readonly VariantFigures NoFigures = new(null, null, null, null, null, null, null, null);

    internal async Task RunAsync(string stage, RunKey run, string? variant, CancellationToken cancellationToken)
    {
        var record = (await runs.FindAsync<RunRecord>(run, RunRecord.Row, cancellationToken).ConfigureAwait(false))?.Value;
        if (record is null)
        {
            return;
        }

        Log.StageGaveUp(log, run.Model, run.Version, variant ?? "", stage);
        var problem = Failed(stage, variant is null ? run.ToString() : $"{variant} of {run}");
        switch (stage, record.Manifest.Variants.FirstOrDefault(planned => planned.Name == variant))
        {
            case ("quantize", { } planned):
                var built = new QuantizeResult(planned.Name, planned.Recipe, [], 0, 0, "", 0, 0, [problem], 0);
                await runs.CompleteAsync(run, QuantizeResult.Row(planned.Name), built, [Next(Flow.Queues.Validate, run, variant)], cancellationToken)
                    .ConfigureAwait(false);
                break;
            case ("validate", { } planned):
                var judged = new ValidateResult(planned.Name, new(false, problem.Message), NoFigures, null, 0);
                var fact = OutboxEntry.Fact(
                    EventTypes.ModelValidated, $"models/{run.Model}/{run.Version}/variants/{planned.Name}", "",
                    new ModelValidated(run.Model, run.Version, planned.Name, false, problem.Message, NoFigures), time.GetUtcNow());
                await runs.CompleteAsync(run, ValidateResult.Row(planned.Name), judged, [fact, Next(Flow.Queues.Package, run, null)], cancellationToken)
                    .ConfigureAwait(false);
                break;
            case (DeltaStage.Name, _):
                // Nobody needs a delta: devices fetch whole files.
                Log.DeltasGivenUp(log, run.Model, run.Version);
                await runs.CompleteAsync(run, DeltaResult.Row, new DeltaResult([], 0), [Next(Flow.Queues.Release, run, null)], cancellationToken)
                    .ConfigureAwait(false);
                break;
            default:
                // A host that is killed too often gives up on a message whose work is done.
                if (!await IsDoneAsync(stage, run, record, cancellationToken).ConfigureAwait(false))
                {
                    await RejectAsync(run, record.Upload, stage, problem, cancellationToken).ConfigureAwait(false);
                }

                break;
        }

        await runs.RelayAsync(run, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>An upload that intake failed on: nothing is known of it but its name.</summary>
    internal async Task RunAsync(UploadName upload, CancellationToken cancellationToken)
    {
        var version = upload.Version ?? "unread";
        var run = SafeName.IsValid(upload.Model) && SafeName.IsValid(version) ? new RunKey(upload.Model, version) : new("rejected", "unread");
        var name = $"{upload.Container}/{upload.Blob}";
        var known = (await runs.FindAsync<RunRecord>(run, RunRecord.Row, cancellationToken).ConfigureAwait(false))?.Value;
        if (known?.Upload != name)
        {
            await RejectAsync(run, name, IntakeStage.Name, Failed(IntakeStage.Name, name), cancellationToken).ConfigureAwait(false);
        }

        await runs.RelayAsync(run, cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> IsDoneAsync(string stage, RunKey run, RunRecord record, CancellationToken cancellationToken) => stage switch
    {
        AdaptStage.Name => await runs.FindAsync<AdaptResult>(run, AdaptResult.Row, cancellationToken).ConfigureAwait(false) is not null,
        "release" => await runs.FindAsync<ReleaseResult>(run, ReleaseResult.Row, cancellationToken).ConfigureAwait(false) is not null,

        // Packaging is asked for once a variant; while one has no verdict yet, a later message asks again.
        "package" => await runs.FindAsync<PackageResult>(run, PackageResult.Row, cancellationToken).ConfigureAwait(false) is not null
            || (await runs.ListAsync<ValidateResult>(run, ValidateResult.Prefix, cancellationToken).ConfigureAwait(false)).Count < record.Manifest.Variants.Count,
        _ => false,
    };

    private Task<bool> RejectAsync(RunKey run, string upload, string stage, Problem problem, CancellationToken cancellationToken)
    {
        var data = new ModelRejected(run.Model, run.Version, upload, stage, [problem]);
        var occurrence = Digest.Of(System.Text.Encoding.UTF8.GetBytes($"{Code}\n{stage}\n{upload}")).Hex[..16];
        return runs.CompleteAsync(
            run, IntakeStage.RejectionPrefix + occurrence, data,
            [OutboxEntry.Fact(EventTypes.ModelRejected, $"models/{run.Model}/{run.Version}", occurrence, data, time.GetUtcNow())],
            cancellationToken);
    }

    private static OutboxEntry Next(string queue, RunKey run, string? variant) =>
        OutboxEntry.Order(queue, new(StageMessage.CurrentSchema, run.ToString(), variant, Activity.Current?.Id));

    private static Problem Failed(string stage, string what) => new(
        Code, $"The stage {stage} failed on {what} every time it was tried.",
        "Look for the errors of this run in the logs, correct the cause, and upload under a new version.");
}
