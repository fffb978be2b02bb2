using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Api;

/// <summary>Puts together what the stages stored about a run.</summary>
internal sealed class StatusReader(RunStore runs, RolloutStore rollouts, DeviceStore devices, AdaptStatusReader adaptations)
{
    /// <summary>Null when nothing of that name and version was ever uploaded.</summary>
    internal async Task<RunStatus?> FindAsync(RunKey run, CancellationToken cancellationToken)
    {
        var rows = await runs.ReadAsync(run, cancellationToken).ConfigureAwait(false);
        var rejections = Rejections.In(rows);
        var record = rows.Find<RunRecord>(RunRecord.Row);
        if (record is null)
        {
            return rejections.Count == 0
                ? null
                : new(run.Model, run.Version, "REJECTED", null, null, null, null, default, [], rejections, null, [], new Dictionary<string, long>());
        }

        if (record.Adapts is not null)
        {
            return await adaptations.FindAsync(run, record, rows, cancellationToken).ConfigureAwait(false);
        }

        var built = rows.List<QuantizeResult>(QuantizeResult.Prefix);
        var judged = rows.List<ValidateResult>(ValidateResult.Prefix);
        var packaged = rows.Find<PackageResult>(PackageResult.Row);
        var released = rows.Find<ReleaseResult>(ReleaseResult.Row);
        var channel = record.Manifest.Rollout.Channel ?? run.Model;
        var rollout = (await rollouts.FindRolloutAsync(channel, run.ToString(), cancellationToken).ConfigureAwait(false))?.Value;
        var fleet = released is null ? [] : await devices.ListAsync(channel, cancellationToken).ConfigureAwait(false);
        return new(
            run.Model, run.Version, StateOf(rejections, packaged, released, rollout), record.ReceivedAt,
            record.Files.Sum(file => file.Size), record.Parameters, channel, released?.Release.Digest ?? default,
            [.. record.Manifest.Variants.Select(planned => Variant(planned, built, judged, packaged))],
            rejections, rollout, [.. fleet.Select(Device)], Stages(record, rows))
        {
            Warnings = record.Warnings,
        };
    }

    internal static DeviceStatus Device(DeviceRecord device) => new(
        device.Id, device.Deployment?.State ?? DeviceState.Pending, device.Deployment?.Ring, device.Deployment?.Variant,
        device.Deployment?.Manifest ?? default, device.Deployment?.Active ?? default, device.Deployment?.Verified ?? false,
        device.Deployment?.Reason, device.LastSeen, device.Inventory, device.Deployment?.BytesFetched, device.Deployment?.BytesWhole)
    {
        Composition = device.Composition,
    };

    private static string StateOf(
        IReadOnlyList<ModelRejected> rejections, PackageResult? packaged, ReleaseResult? released, RolloutRecord? rollout) => (packaged, released) switch
        {
            ({ Variants.Count: 0 }, _) => "REJECTED",

            // Intake's rejections are of other uploads under the same name; a later stage's are of this run.
            (_, null) when rejections.Any(rejection => rejection.Stage != IntakeStage.Name) => "REJECTED",
            (_, null) => "BUILDING",
            _ when rollout is null => "RELEASED",
            _ => System.Text.Json.JsonNamingPolicy.SnakeCaseUpper.ConvertName(rollout.State.ToString()),
        };

    private static VariantStatus Variant(
        VariantRequest planned, IReadOnlyList<QuantizeResult> built, IReadOnlyList<ValidateResult> judged, PackageResult? packaged)
    {
        var build = built.FirstOrDefault(result => result.Variant == planned.Name);
        var verdict = judged.FirstOrDefault(result => result.Variant == planned.Name);
        var offer = packaged?.Variants.FirstOrDefault(result => result.Name == planned.Name);
        var leftOut = packaged?.LeftOut.GetValueOrDefault(planned.Name);
        var state = (build, verdict, offer) switch
        {
            (null, _, _) => "QUANTIZING",
            (_, null, _) => "VALIDATING",
            (_, { Verdict.Accepted: false }, _) => "REFUSED",
            _ when leftOut is not null => "LEFT_OUT",
            (_, _, null) => "PACKAGING",
            _ => "PACKAGED",
        };
        return new(
            planned.Name, planned.Recipe, state, build?.Bytes, build?.Ratio, offer?.Manifest ?? default,
            verdict?.Verdict.Accepted, leftOut ?? verdict?.Verdict.Reason, verdict?.Figures, offer?.Needs.RamBytes);
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
