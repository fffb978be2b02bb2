using System.Diagnostics;
using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Rollout;

/// <summary>Moves rollouts as far as their gates let them.</summary>
internal sealed class RolloutStage(
    RolloutStore store, RunStore runs, DeviceStore devices, OutboxRelay outbox, AdaptationPublisher overlays, PipelineOptions options,
    ILogger<RolloutStage> log)
{
    /// <summary>Starts the rollout of a run's release, or puts an adaptation into its channel, unless that was done before.</summary>
    internal async Task StartAsync(RunKey run, CancellationToken cancellationToken)
    {
        if (await overlays.TryPublishAsync(run, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        var released = (await runs.FindAsync<ReleaseResult>(run, ReleaseResult.Row, cancellationToken).ConfigureAwait(false))?.Value
            ?? throw new InvalidDataException($"The run {run} has no release.");
        while (!await TryCreateAsync(run, released, cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        await AdvanceAsync(released.Channel, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes every step that is due in a channel, then sends what waits.</summary>
    internal async Task AdvanceAsync(ChannelName channel, CancellationToken cancellationToken)
    {
        while (await StepAsync(channel, cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        await outbox.RelayAsync(store.Table, channel, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The clock's part: deadlines, channel documents near their expiry, and what a dead host left behind.</summary>
    internal async Task TickAsync(CancellationToken cancellationToken)
    {
        foreach (var channel in await store.ListChannelsAsync(cancellationToken).ConfigureAwait(false))
        {
            await RenewAsync(channel, cancellationToken).ConfigureAwait(false);
            await AdvanceAsync(channel.Channel, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A person's word. The result says what happened, or why nothing did.</summary>
    internal async Task<OperatorResult> CommandAsync(
        ChannelName channel, RolloutMove move, string reason, CancellationToken cancellationToken)
    {
        while (true)
        {
            var seen = await store.FindChannelAsync(channel, cancellationToken).ConfigureAwait(false);
            var rollout = seen is null ? null : await LatestAsync(seen.Value, cancellationToken).ConfigureAwait(false);
            if (seen is null || rollout is null)
            {
                return new(false, $"The channel '{channel}' has no rollout.");
            }

            if (RolloutTable.Next(rollout.State, move) is null)
            {
                return new(false, $"The rollout {rollout.Id} is {rollout.State}; that does not allow {move}.");
            }

            var step = move switch
            {
                RolloutMove.Pause => RolloutEngine.Pause(rollout, seen.Value, move, "Manual", reason, store.Now),
                RolloutMove.Resume => RolloutEngine.Resume(rollout, seen.Value, store.Now),
                _ => RolloutEngine.Withdraw(rollout, seen.Value, RolloutMove.RollBack, "Manual", reason, store.Now),
            };
            if (await SaveAsync(seen, step, cancellationToken).ConfigureAwait(false))
            {
                await AdvanceAsync(channel, cancellationToken).ConfigureAwait(false);
                return new(true, $"{move} of {rollout.Id} done.");
            }
        }
    }

    private async Task<bool> StepAsync(ChannelName channel, CancellationToken cancellationToken)
    {
        var seen = await store.FindChannelAsync(channel, cancellationToken).ConfigureAwait(false);
        if (seen?.Value.Candidate is not { } id
            || await store.FindRolloutAsync(channel, id, cancellationToken).ConfigureAwait(false) is not { } rollout)
        {
            return false;
        }

        var fleet = await devices.ListAsync(channel, cancellationToken).ConfigureAwait(false);
        if (RolloutEngine.Next(rollout.Value, seen.Value, fleet, store.Now) is not { } step)
        {
            return false;
        }

        // Lost to another writer: the world changed, so decide again.
        await SaveAsync(seen, step, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task<bool> SaveAsync(Stored<ChannelRecord> seen, RolloutStep step, CancellationToken cancellationToken)
    {
        var saved = await store.SaveAsync(
            seen.ETag, step.Channel, [step.Rollout], Entries(step), cancellationToken).ConfigureAwait(false);
        if (saved)
        {
            Log.RolloutMoved(log, step.Rollout.Id, step.Rollout.State, step.Rollout.CurrentRing, step.Rollout.Reason ?? "");
        }

        return saved;
    }

    private async Task<bool> TryCreateAsync(RunKey run, ReleaseResult released, CancellationToken cancellationToken)
    {
        var seen = await store.FindChannelAsync(released.Channel, cancellationToken).ConfigureAwait(false);
        if (await store.FindRolloutAsync(released.Channel, run.ToString(), cancellationToken).ConfigureAwait(false) is not null)
        {
            return true;
        }

        var now = store.Now;
        var channel = (seen?.Value ?? new(released.Channel, 0, null, null, [], now)).Next(now);
        var current = await LatestAsync(channel, cancellationToken).ConfigureAwait(false);
        RolloutRecord[] superseded = current is not null && RolloutTable.Next(current.State, RolloutMove.Supersede) is not null
            ? [RolloutEngine.Supersede(current, run.ToString(), now)]
            : [];
        var rollout = await NewAsync(run, released, channel, now, cancellationToken).ConfigureAwait(false);
        return await store.SaveAsync(
            seen?.ETag, channel with { Candidate = rollout.Id }, [.. superseded, rollout],
            [OutboxEntry.Channel(channel.Channel)], cancellationToken).ConfigureAwait(false);
    }

    private async Task<RolloutRecord> NewAsync(
        RunKey run, ReleaseResult released, ChannelRecord channel, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var record = await runs.RequireRunAsync(run, cancellationToken).ConfigureAwait(false);
        var packaged = await runs.FindAsync<PackageResult>(run, PackageResult.Row, cancellationToken).ConfigureAwait(false);
        var request = record.Manifest.Rollout;
        return new()
        {
            Id = run.ToString(),
            Channel = released.Channel,
            Release = released.Release,
            Manifests = [.. packaged!.Value.Variants.Select(offer => offer.Manifest)],
            Previous = channel.Stable,
            // New for each release, so that no device is always the canary; the same when creation is tried again.
            Salt = released.Release.Digest.Hex[..16],
            State = RolloutState.Ready,
            CurrentRing = 0,
            Rings = [.. request.Rings.Select(ring => new RingRecord(ring, RingState.Scheduled, null, null))],
            SoakSeconds = request.SoakSeconds,
            DeadlineSeconds = request.DeadlineSeconds,
            CreatedAt = now,
            Traceparent = record.Traceparent ?? Activity.Current?.Id,
        };
    }

    private async Task RenewAsync(ChannelRecord channel, CancellationToken cancellationToken)
    {
        var seen = await store.FindChannelAsync(channel.Channel, cancellationToken).ConfigureAwait(false);
        if (seen is not null && store.Now - seen.Value.IssuedAt > TimeSpan.FromDays(options.ChannelDays) / 2)
        {
            await store.SaveAsync(
                seen.ETag, seen.Value.Next(store.Now), [], [OutboxEntry.Channel(channel.Channel)], cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>The rollout on its way, or the one that made the channel's stable release.</summary>
    private async Task<RolloutRecord?> LatestAsync(ChannelRecord channel, CancellationToken cancellationToken) =>
        channel.LatestRollout is { } id
            ? (await store.FindRolloutAsync(channel.Channel, id, cancellationToken).ConfigureAwait(false))?.Value
            : null;

    private List<OutboxEntry> Entries(RolloutStep step) =>
    [
        .. step.Facts.Select(fact => OutboxEntry.Fact(
            fact.Type, $"rollouts/{step.Rollout.Id}", $"{step.Rollout.Id}/{fact.Occurrence}", fact.Data, store.Now,
            step.Rollout.Traceparent)),
        OutboxEntry.Channel(step.Channel.Channel),
    ];
}
