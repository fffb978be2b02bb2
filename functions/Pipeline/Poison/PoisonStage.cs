using SlmOps.Contracts;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Poison;

/// <summary>
/// A message that a stage failed on again and again, or that nothing can be done about on this machine. The run must not wait
/// for it for ever: the flow says what becomes of it.
/// </summary>
internal sealed class PoisonStage(RunStore runs, Rejections rejections, StageSet stages, ILogger<PoisonStage> log)
{
    private const string Code = "stage-failed";

    internal async Task RunAsync(FlowStep step, RunKey run, string? variant, Problem? known, CancellationToken cancellationToken)
    {
        var record = (await runs.FindAsync<RunRecord>(run, RunRecord.Row, cancellationToken).ConfigureAwait(false))?.Value;
        if (record is null)
        {
            return;
        }

        Log.StageGaveUp(log, run.Model, run.Version, variant ?? "", step.Name);
        var problem = known ?? Failed(step.Name, variant is null ? run.ToString() : $"{variant} of {run}");
        var (stage, call) = (stages.Of(step), Flow.Call(step, run, variant));
        if (step.GivenUp != GivenUp.RejectsRun && (!step.IsPerVariant || record.Manifest.Variants.Any(planned => planned.Name == variant)))
        {
            await stage.GiveUpAsync(call, record, problem, cancellationToken).ConfigureAwait(false);
        }

        // A host that is killed too often gives up on a message whose work is done.
        else if (!await stage.IsSettledAsync(call, record, cancellationToken).ConfigureAwait(false))
        {
            await RejectAsync(run, record.Upload, step.Name, problem, cancellationToken).ConfigureAwait(false);
        }

        await runs.RelayAsync(run, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>An upload that intake failed on: nothing is known of it but its name.</summary>
    internal async Task RunAsync(UploadName upload, Problem? problem, CancellationToken cancellationToken)
    {
        var run = RunKey.Of(upload.Model, upload.Version ?? "unread") ?? new("rejected", "unread");
        var name = $"{upload.Container}/{upload.Blob}";
        var known = (await runs.FindAsync<RunRecord>(run, RunRecord.Row, cancellationToken).ConfigureAwait(false))?.Value;
        if (known?.Upload != name)
        {
            await RejectAsync(run, name, IntakeStage.Name, problem ?? Failed(IntakeStage.Name, name), cancellationToken)
                .ConfigureAwait(false);
        }

        await runs.RelayAsync(run, cancellationToken).ConfigureAwait(false);
    }

    private Task<bool> RejectAsync(RunKey run, string upload, string stage, Problem problem, CancellationToken cancellationToken) =>
        rejections.AddAsync(
            run,
            new(run.Model, run.Version, upload, stage, [problem]),
            Digest.Of(System.Text.Encoding.UTF8.GetBytes($"{problem.Code}\n{stage}\n{upload}")).Hex[..16],
            cancellationToken);

    private static Problem Failed(string stage, string what) => new(
        Code, $"The stage {stage} failed on {what} every time it was tried.",
        "Look for the errors of this run in the logs, correct the cause, and upload under a new version.");
}
