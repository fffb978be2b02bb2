using SlmOps.Contracts;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Channels;

/// <summary>Puts adaptations into their channels, and takes them out at an operator's word.</summary>
internal sealed class AdaptationPublisher(
    RolloutStore store,
    RunStore runs,
    Rejections rejections,
    OutboxRelay outbox,
    ILogger<AdaptationPublisher> log)
{
    /// <summary>Puts a run's compositions into its channel, unless that was done before.</summary>
    /// <returns>False when the run is no adaptation.</returns>
    internal async Task<bool> TryPublishAsync(RunKey run, CancellationToken cancellationToken)
    {
        var adapted = (await runs.FindAsync<AdaptResult>(run, AdaptResult.Row, cancellationToken).ConfigureAwait(false))?.Value;
        if (adapted is not { Variants.Count: > 0 })
        {
            return adapted is not null;
        }

        var record = await runs.RequireRunAsync(run, cancellationToken).ConfigureAwait(false);
        var adaptation = record.Adapts!;
        var overlay = new ChannelOverlay(
            run.Model, run.Version, adaptation.Selector, adaptation.SoakSeconds, adaptation.LocalLayer,
            [.. adapted.Variants.Select(variant => variant.Composition)]);
        while (!await TryPublishAsync(run, record, adaptation.Channel, overlay, cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        await outbox.RelayAsync(store.Table, adaptation.Channel, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Takes an adaptation out of a channel; its devices go on with the next that matches, or the plain variant.</summary>
    internal async Task<OperatorResult> WithdrawAsync(
        ChannelName channel, ModelName name, ModelVersion? version, CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = await store.FindChannelAsync(channel, cancellationToken).ConfigureAwait(false);
            var left = seen is null ? [] : AdaptationPlan.Withdraw(seen.Value.Overlays, name, version);
            if (seen is null || left.Count == seen.Value.Overlays.Count)
            {
                return new(false, $"The channel '{channel}' has no adaptation '{name}'{(version is null ? "" : $" {version}")}.");
            }

            var next = seen.Value.Next(store.Now) with { Overlays = left };
            if (await store.SaveAsync(seen.ETag, next, [], [OutboxEntry.Channel(channel)], cancellationToken).ConfigureAwait(false))
            {
                await outbox.RelayAsync(store.Table, channel, cancellationToken).ConfigureAwait(false);
                Log.AdaptationWithdrawn(log, channel, name, version?.ToString() ?? "");
                return new(
                    true,
                    $"Withdrew {name}{(version is null ? "" : $" {version}")} from {channel}; devices go on with what else matches them.");
            }
        }
    }

    private async Task<bool> TryPublishAsync(
        RunKey run,
        RunRecord record,
        ChannelName channel,
        ChannelOverlay overlay,
        CancellationToken cancellationToken)
    {
        var seen = await store.FindChannelAsync(channel, cancellationToken).ConfigureAwait(false);
        if (
            await store
                .Table.FindAsync<PublishedAdaptation>(channel, PublishedAdaptation.Row(run.ToString()), cancellationToken)
                .ConfigureAwait(false)
            is not null)
        {
            return true;
        }

        var now = store.Now;
        var state = seen?.Value ?? new(channel, 0, null, null, [], now);
        var (overlays, refusal) = AdaptationPlan.Add(state.Overlays, overlay);
        if (overlays is null)
        {
            await RefuseAsync(run, record, channel, refusal!, cancellationToken).ConfigureAwait(false);
            return true;
        }

        var saved = await store.SaveAsync(
            seen?.ETag, state.Next(now) with { Overlays = overlays }, [], [OutboxEntry.Channel(channel)], cancellationToken,
            new(PublishedAdaptation.Row(run.ToString()), new PublishedAdaptation(run.ToString(), overlay, now))).ConfigureAwait(false);
        if (saved)
        {
            Log.AdaptationPublished(log, run.Model, run.Version, channel, overlay.Compositions.Count);
        }

        return saved;
    }

    private Task<bool> RefuseAsync(
        RunKey run, RunRecord record, ChannelName channel, string refusal, CancellationToken cancellationToken) =>
        rejections.AddAsync(
            run,
            new(
                run.Model,
                run.Version,
                record.Upload,
                AdaptResult.Row,
                [
                    new(
                        "channel-full",
                        $"{run.Model} {run.Version} cannot go to '{channel}': {refusal}.",
                        "Withdraw adaptations that no device needs any more (slmops adaptation withdraw), and upload under a new version."),
                ]),
            "channel-full",
            cancellationToken);
}
