using SlmOps.Contracts;
using SlmOps.Pipeline.Processors;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Sandboxes;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Lab;

/// <summary>Tries an accepted variant on other processors, each in a process of its own: the agent's program under an emulator.</summary>
internal sealed class LabStage(
    ArtifactBlobs artifacts, RunStore runs, PipelineOptions options, TimeProvider time, ILogger<LabStage> log)
    : RunStage<LabResult>(runs, time)
{
    private readonly TimeProvider _time = time;

    protected override async Task<StageOutcome<LabResult>?> WorkAsync(
        StageCall call,
        RunRecord record,
        CancellationToken cancellationToken)
    {
        var variant = call.Variant!;
        var judged = await Runs.FindAsync<ValidateResult>(call.Run, ValidateResult.Row(variant), cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidDataException($"The variant '{variant}' of {call.Run} was not judged.");
        var asked = record.Manifest.Lab ?? LabRequest.Default;
        var processors = LabProcessors.Asked(asked.Processors);
        if (!judged.Value.Verdict.Accepted)
        {
            return new(new(variant, []), []);
        }

        if (LabTools.Of(options) is not { } tools)
        {
            return new(new(variant, LabOutcomes.NotTried(processors, LabTools.None)), []);
        }

        var built = (await Runs.FindAsync<QuantizeResult>(call.Run, QuantizeResult.Row(variant), cancellationToken).ConfigureAwait(false))!;
        using var work = new WorkFolder(options.WorkFolder);
        var upload = await new LabUpload(artifacts, record, options, work)
            .LayOutAsync(built.Value, judged.Value, cancellationToken).ConfigureAwait(false);
        var run = new LabRun(tools, processors, upload.Text, _time)
        {
            Limits = size => ModelSandboxes.Limits(options, size),
            WorkFolder = work.Folder("lab"),
            Budget = TimeSpan.FromSeconds(options.MaxLabSeconds),
        };
        var progress = new Said(call.Meter.Begin("try on processors"), row => Say(record, row));
        var report = await run.RunAsync(upload.Models, progress, cancellationToken).ConfigureAwait(false);
        return new(LabOutcomes.Of(variant, report, work.WithoutPaths), []);
    }

    /// <summary>Nothing is known of the variant then; whether it goes on is said where it is packaged.</summary>
    protected override StageOutcome<LabResult> Without(StageCall call, RunRecord record, Problem problem) => new(
        new(
            call.Variant!,
            LabOutcomes.NotTried(LabProcessors.Asked((record.Manifest.Lab ?? LabRequest.Default).Processors), problem.Message)),
        []);

    protected override void Report(RunRecord record, LabResult result) => Log.LabDone(
        log,
        record.Model,
        record.Version,
        result.Variant,
        result.Outcomes.Count(one => one.Passed),
        result.Outcomes.Count(one => one.Tried),
        result.ElapsedMs);

    private void Say(RunRecord record, LabRow row) =>
        Log.LabTried(log, record.Model, record.Version, row.Variant, row.Processor, row.Verdict.Code, row.Verdict.Reason);

    private sealed class Said(IProgress<double> meter, Action<LabRow> say) : IProgress<LabProgress>
    {
        public void Report(LabProgress value)
        {
            meter.Report(value.Done);
            if (value.Row is { } row)
            {
                say(row);
            }
        }
    }
}
