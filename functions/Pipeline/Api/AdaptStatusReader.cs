using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Api;

/// <summary>Puts together what is known of an adaptation, in the same form as of a model.</summary>
internal sealed class AdaptStatusReader(RolloutStore rollouts, DeviceStore devices)
{
    internal async Task<RunStatus> FindAsync(RunKey run, RunRecord record, RunRows rows, CancellationToken cancellationToken)
    {
        var adaptation = record.Adapts!;
        var rejections = Rejections.In(rows);
        var adapted = rows.Find<AdaptResult>(AdaptResult.Row);
        var published = (
            await rollouts
                .Table.FindAsync<PublishedAdaptation>(adaptation.Channel, PublishedAdaptation.Row(run.ToString()), cancellationToken)
                .ConfigureAwait(false))?.Value;
        var channel = (await rollouts.FindChannelAsync(adaptation.Channel, cancellationToken).ConfigureAwait(false))?.Value;
        var offered = channel?.Overlays.Any(overlay => overlay.Name == run.Model && overlay.Version == run.Version) == true;
        IReadOnlyList<ModelRejected> refused = adapted is { Problems.Count: > 0 }
            ? [.. rejections, new(run.Model, run.Version, record.Upload, AdaptResult.Row, adapted.Problems)]
            : rejections;
        var fleet = await devices.ListAsync(adaptation.Channel, cancellationToken).ConfigureAwait(false);
        var clock = await rollouts.ClockAsync(cancellationToken).ConfigureAwait(false);
        return new()
        {
            Model = run.Model,
            Version = run.Version,
            State = StateOf(adapted, published, offered, rejections),
            ReceivedAt = record.ReceivedAt,
            SourceBytes = record.Files.Sum(file => file.Size),
            Parameters = 0,
            Channel = adaptation.Channel,
            Variants = [],
            Rejections = refused,
            Devices = [.. fleet.Select(device => ToStatus.Of(device, clock))],
            StagesMs = StatusReader.Stages(record, rows),
            Adaptation = new(
                adaptation.Model, adaptation.Version, adaptation.Selector, adaptation.LocalLayer,
                (adapted?.Variants ?? []).ToDictionary(variant => variant.Variant, variant => variant.Composition.Composition)),
        };
    }

    private static RunState StateOf(
        AdaptResult? adapted,
        PublishedAdaptation? published,
        bool offered,
        IReadOnlyList<ModelRejected> rejections) =>
        (adapted, published, offered) switch
        {
            (_, _, true) => RunState.Published,
            (_, { }, _) => RunState.Withdrawn,
            ({ Problems.Count: > 0 }, _, _) => RunState.Rejected,

            // Intake's rejections are of other uploads under the same name; a later stage's are of this run.
            _ when rejections.Any(rejection => rejection.Stage != IntakeStage.Name) => RunState.Rejected,
            (null, _, _) => RunState.Building,
            _ => RunState.Released,
        };
}
