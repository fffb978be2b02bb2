using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Package;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Api;

/// <summary>Puts together what the stages stored about a run.</summary>
internal sealed class StatusReader(
    RunStore runs, RolloutStore rollouts, DeviceStore devices, AdaptStatusReader adaptations, TimeProvider time)
{
    /// <summary>Null when nothing of that name and version was ever uploaded, or intake has only just begun with it.</summary>
    internal async Task<RunStatus?> FindAsync(RunKey run, CancellationToken cancellationToken)
    {
        var rows = await runs.ReadAsync(run, cancellationToken).ConfigureAwait(false);
        var rejections = Rejections.In(rows);
        var record = rows.Find<RunRecord>(RunRecord.Row);
        var progress = ProgressRows.In(rows, time.GetUtcNow());
        if (record is null)
        {
            return rejections.Count == 0 && progress.Count == 0
                ? null
                : new RunStatus
                {
                    Model = run.Model,
                    Version = run.Version,
                    // What was refused under this name before may be on its way again.
                    State = progress.Count > 0 ? RunState.Building : RunState.Rejected,
                    Progress = progress,
                    Variants = [],
                    Rejections = rejections,
                    Devices = [],
                    StagesMs = new Dictionary<string, long>(),
                };
        }

        if (record.Adapts is not null)
        {
            return await adaptations.FindAsync(run, record, rows, cancellationToken).ConfigureAwait(false) with { Progress = progress };
        }

        var built = rows.List<QuantizeResult>(QuantizeResult.Prefix);
        var judged = rows.List<ValidateResult>(ValidateResult.Prefix);
        var tried = rows.List<LabResult>(LabResult.Prefix);
        var verdicts = LabChoice.Verdicts(record.Manifest, judged, tried) ?? judged;
        var packaged = rows.Find<PackageResult>(PackageResult.Row);
        var released = rows.Find<ReleaseResult>(ReleaseResult.Row);
        var channel = record.Channel;
        var rollout = await rollouts.FindNewestAsync(channel, run.ToString(), cancellationToken).ConfigureAwait(false);
        var clock = await rollouts.ClockAsync(cancellationToken).ConfigureAwait(false);
        var fleet = released is null ? [] : await devices.ListAsync(channel, cancellationToken).ConfigureAwait(false);
        return new()
        {
            Model = run.Model,
            Version = run.Version,
            State = StateOf(rejections, packaged, released, rollout),
            ReceivedAt = record.ReceivedAt,
            SourceBytes = record.Files.Sum(file => file.Size),
            Parameters = record.Parameters,
            Channel = channel,
            ReleaseDigest = released?.Release.Digest ?? default,
            Variants = [.. record.Manifest.Variants.Select(planned => Variant(planned, record, built, verdicts, tried, packaged))],
            Rejections = rejections,
            Rollout = rollout is null ? null : ToStatus.Of(rollout),
            Devices = [.. fleet.Select(device => ToStatus.Of(device, clock))],
            StagesMs = Stages(record, rows),
            Warnings = record.Warnings,
            Progress = progress,
        };
    }

    private static RunState StateOf(
        IReadOnlyList<ModelRejected> rejections,
        PackageResult? packaged,
        ReleaseResult? released,
        RolloutRecord? rollout) =>
        (packaged, released) switch
        {
            ({ Variants.Count: 0 }, _) => RunState.Rejected,

            // Intake's rejections are of other uploads under the same name; a later stage's are of this run.
            (_, null) when rejections.Any(rejection => rejection.Stage != IntakeStage.Name) => RunState.Rejected,
            (_, null) => RunState.Building,
            _ when rollout is null => RunState.Released,
            _ => RunStates.Of(rollout.State),
        };

    private static VariantStatus Variant(
        VariantRequest planned,
        RunRecord record,
        IReadOnlyList<QuantizeResult> built,
        IReadOnlyList<ValidateResult> judged,
        IReadOnlyList<LabResult> tried,
        PackageResult? packaged)
    {
        var build = built.FirstOrDefault(result => result.Variant == planned.Name);
        var verdict = judged.FirstOrDefault(result => result.Variant == planned.Name);
        var offer = packaged?.Variants.FirstOrDefault(result => result.Name == planned.Name);
        var leftOut = packaged?.LeftOut.GetValueOrDefault(planned.Name);
        var state = (build, verdict, offer) switch
        {
            (null, _, _) => VariantState.Quantizing,
            (_, null, _) => VariantState.Validating,
            (_, { Verdict.Accepted: false }, _) => VariantState.Refused,
            _ when leftOut is not null => VariantState.LeftOut,
            _ when record.Manifest.Lab is not null && tried.All(one => one.Variant != planned.Name) => VariantState.Trying,
            (_, _, null) => VariantState.Packaging,
            _ => VariantState.Packaged,
        };
        return new()
        {
            Name = planned.Name,
            Recipe = planned.Recipe,
            State = state,
            Bytes = build?.Bytes,
            Ratio = build?.Ratio,
            Digest = offer?.Manifest ?? default,
            Accepted = verdict?.Verdict.Accepted,
            Reason = leftOut ?? verdict?.Verdict.Reason,
            Figures = verdict?.Figures,
            RamBytes = offer?.Needs.RamBytes,
            Lab = LabChoice.OutcomesOf(planned.Name, tried),
        };
    }

    /// <summary>How long each stage took that has a result, in the order of the flow.</summary>
    internal static IReadOnlyDictionary<string, long> Stages(RunRecord record, RunRows rows)
    {
        var stages = new Dictionary<string, long>();
        foreach (var step in Flow.Steps.Where(step => step.Row is not null))
        {
            // Intake's result is the run itself, which tells when it was received as well.
            if ((step.Row == RunRecord.Row ? record.IntakeMs : rows.ElapsedMs(step)) is { } milliseconds)
            {
                stages[step.Name] = milliseconds;
            }
        }

        return stages;
    }
}
