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
        while (!await TryCreateAsync(run, released, run.ToString(), cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        await AdvanceAsync(released.Channel, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Starts another rollout of a release on purpose, in its channel or in one that never had it.</summary>
    internal async Task<OperatorResult> StartAgainAsync(ChannelName channel, RunKey run, CancellationToken cancellationToken)
    {
        var found = await runs.FindAsync<ReleaseResult>(run, ReleaseResult.Row, cancellationToken).ConfigureAwait(false);
        if (found?.Value is not { } released)
        {
            return new(false, $"{run} has no release; slmops watch {run.Model}/{run.Version} tells how far it is.");
        }

        while (true)
        {
            var rollouts = (await store.ListRolloutsAsync(channel, cancellationToken).ConfigureAwait(false))
                .Where(rollout => rollout.Release.Digest == released.Release.Digest).ToList();
            if (rollouts.Find(rollout => rollout.State is RolloutState.Ready or RolloutState.Running or RolloutState.Paused) is { } going)
            {
                return new(false, $"The rollout {going.Id} is {going.State}; there is nothing to start.");
            }

            var seen = await store.FindChannelAsync(channel, cancellationToken).ConfigureAwait(false);
            if (seen?.Value is { Candidate: null } settled && settled.Stable?.Digest == released.Release.Digest)
            {
                return new(false, $"{run} is what the channel '{channel}' runs; there is nothing to start.");
            }

            var id = rollouts.Count == 0 ? run.ToString() : $"{run}~{rollouts.Count + 1}";
            if (await TryCreateAsync(run, released with { Channel = channel }, id, cancellationToken).ConfigureAwait(false))
            {
                await AdvanceAsync(channel, cancellationToken).ConfigureAwait(false);
                return new(true, $"The rollout {id} is started.");
            }
        }
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
        // First: a time in which nobody listened must not become anybody's silence below.
        await store.TickAsync(cancellationToken).ConfigureAwait(false);
        foreach (var channel in await store.ListChannelsAsync(cancellationToken).ConfigureAwait(false))
        {
            await RenewAsync(channel, cancellationToken).ConfigureAwait(false);
            await AdvanceAsync(channel.Channel, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A person's word. The result says what happened, or why nothing did.</summary>
    /// <param name="channel">Channel whose rollout it is about.</param>
    /// <param name="move">What to do.</param>
    /// <param name="skipRing">With a resume: the open ring is passed over.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal async Task<OperatorResult> CommandAsync(
        ChannelName channel, RolloutMove move, bool skipRing, string reason, CancellationToken cancellationToken)
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
                RolloutMove.Pause => RolloutCommands.Pause(rollout, seen.Value, move, "Manual", reason, store.Now),
                RolloutMove.Resume when skipRing => RolloutEngine.Skip(
                    rollout, seen.Value, await devices.ListAsync(channel, cancellationToken).ConfigureAwait(false), reason,
                    await store.ClockAsync(cancellationToken).ConfigureAwait(false)),
                RolloutMove.Resume => RolloutCommands.Resume(rollout, seen.Value, store.Now),
                _ => RolloutCommands.Withdraw(rollout, seen.Value, RolloutMove.RollBack, "Manual", reason, store.Now),
            };
            if (step is null)
            {
                var last = rollout.Rings[rollout.CurrentRing].Ring.Name;
                return new(false, $"Ring {last} is the last of {rollout.Id}; it cannot be skipped.");
            }

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
        var clock = await store.ClockAsync(cancellationToken).ConfigureAwait(false);
        if (RolloutEngine.Next(rollout.Value, seen.Value, fleet, clock) is not { } step)
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

    private async Task<bool> TryCreateAsync(RunKey run, ReleaseResult released, string id, CancellationToken cancellationToken)
    {
        var seen = await store.FindChannelAsync(released.Channel, cancellationToken).ConfigureAwait(false);
        if (await store.FindRolloutAsync(released.Channel, id, cancellationToken).ConfigureAwait(false) is not null)
        {
            return true;
        }

        var now = store.Now;
        var channel = (seen?.Value ?? new(released.Channel, 0, null, null, [], now)).Next(now);
        var current = await LatestAsync(channel, cancellationToken).ConfigureAwait(false);
        var rollout = await NewAsync(run, released, id, channel, now, cancellationToken).ConfigureAwait(false);
        (var superseded, channel) = RolloutCommands.Begin(channel, current, rollout, now);
        return await store.SaveAsync(
            seen?.ETag, channel, superseded is null ? [rollout] : [superseded, rollout], [OutboxEntry.Channel(channel.Channel)],
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<RolloutRecord> NewAsync(
        RunKey run, ReleaseResult released, string id, ChannelRecord channel, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var record = await runs.RequireRunAsync(run, cancellationToken).ConfigureAwait(false);
        var packaged = await runs.FindAsync<PackageResult>(run, PackageResult.Row, cancellationToken).ConfigureAwait(false);
        var request = record.Manifest.Rollout;
        return new()
        {
            Id = id,
            Channel = released.Channel,
            Release = released.Release,
            Manifests = [.. packaged!.Value.Variants.Select(offer => offer.Manifest)],
            Previous = channel.Stable,
            PreviousRollout = channel.Stable is null ? null : channel.StableRollout,
            // New for each rollout, so that no device is always the canary; the same when creation is tried again.
            Salt = Digest.Of(System.Text.Encoding.UTF8.GetBytes($"{released.Release.Digest} {id}")).Hex[..16],
            State = RolloutState.Ready,
            CurrentRing = 0,
            Rings = [.. request.Rings.Select((ring, index) => new RingRecord(ring, RingState.Scheduled, null, null)
            {
                Share = ring.Fraction,
                ErrorThreshold = request.ThresholdsOf(index).Errors,
                SilenceThreshold = request.ThresholdsOf(index).Silence,
            })],
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
