using SlmOps.Contracts;
using SlmOps.EdgeAgent.Download;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.Smoke;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Run;

/// <summary>The steps of a deployment that leave alone what the device runs.</summary>
internal sealed class Preparation(
    Journal journal,
    ReleaseFetcher releases,
    PackageFetcher packages,
    CompositionFetcher compositions,
    ComposedFiles composed,
    ModelSlots slots,
    SmokeTrial smoke,
    Voice voice,
    TimeProvider clock)
{
    internal async Task<Failure?> RetrieveAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var release = journal.Deployment.Release;
        var (variants, failure) = await releases.FetchAsync(release, cancellationToken);
        if (variants is not null)
        {
            var timed = journal.Deployment.WithPhase("retrieve", clock.GetElapsedTime(started)) with { Pauses = 0, NotBefore = null };
            journal.Write(journal.State.Remember(new(release, variants) { Listed = timed.Listed }) with { Deployment = timed });
        }

        return failure;
    }

    internal async Task<Failure?> DownloadAsync(DateTimeOffset sliceEnd, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        if (journal.Deployment.State != DeviceState.Downloading)
        {
            journal.Move(DeviceEvent.DownloadStarted, deployment => deployment with { ReasonCode = null, Reason = null, NotBefore = null });
        }

        await voice.SayAsync(cancellationToken);
        var (received, before) = (packages.Received, journal.Deployment.BytesFetched);
        Deployment Timed(Deployment deployment) => deployment.WithPhase("download", clock.GetElapsedTime(started)) with
        {
            BytesFetched = before + packages.Received - received,
        };
        Failure? failure;
        journal.Fetched = () => before + packages.Received - received;
        try
        {
            // Known from before, but no longer kept; whether they can be had decides about nothing now.
            if (!releases.Holds(journal.Deployment.Release))
            {
                await releases.FetchAsync(journal.Deployment.Release, cancellationToken);
            }

            failure = await packages.DownloadAsync(Order, sliceEnd, cancellationToken)
                ?? await compositions.DownloadAsync(journal.Deployment, sliceEnd, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The agent is asked to stop; what it fetched is kept, and so is how much that was.
            journal.Write(journal.State with { Deployment = Timed(journal.Deployment) });
            throw;
        }
        finally
        {
            journal.Fetched = null;
        }

        if (failure is null)
        {
            journal.Move(DeviceEvent.DownloadFinished, deployment => Timed(deployment) with { Pauses = 0 });
        }
        else
        {
            journal.Write(journal.State with { Deployment = Timed(journal.Deployment) });
        }

        return failure;
    }

    internal async Task<Failure?> VerifyAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var failure = await packages.VerifyAsync(journal.Deployment.Release, Variant, cancellationToken)
            ?? await compositions.VerifyAsync(journal.Deployment, cancellationToken);
        if (failure is null)
        {
            journal.Move(
                DeviceEvent.VerificationPassed,
                deployment => deployment.WithPhase("verify", clock.GetElapsedTime(started)) with { Verified = true });
        }

        return failure;
    }

    internal async Task<Failure?> StageAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var target = journal.State.Inactive;
        var (files, failure) = await composed.FilesAsync(Variant, journal.Deployment.Adaptation, cancellationToken);
        if (files is null)
        {
            return failure;
        }

        // First the journal forgets what the slot held: a way back into a folder that is being replaced is none.
        journal.Write(journal.State.With(target, null) with { Deployment = journal.Deployment with { Target = target } });
        slots.Fill(target, files);
        journal.Move(
            DeviceEvent.SlotFilled,
            deployment => deployment.WithPhase("stage", clock.GetElapsedTime(started)),
            state => state.With(target, new(journal.Deployment.Release, Variant, Committed: false)
            {
                Sequence = journal.Deployment.Listed?.Sequence ?? 0,
                Proven = journal.Deployment.Assignment.RolloutId is null,
                Adaptation = journal.Deployment.Adaptation,
            }));
        return null;
    }

    internal async Task<Failure?> SmokeTestAsync(CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        journal.Move(DeviceEvent.SmokeTestStarted);
        await voice.SayAsync(cancellationToken);
        var target = journal.Deployment.Target!.Value;
        if (await slots.FindDamageAsync(target, Variant, journal.Deployment.Adaptation, cancellationToken) is { } damage)
        {
            return new(FailureKind.Attempt, ReasonCodes.SlotDamaged, $"Slot {target}: {damage}.");
        }

        var failure = await smoke.FailureAsync(slots.FolderOf(target), int.MaxValue, cancellationToken);
        journal.Write(journal.State with { Deployment = journal.Deployment.WithPhase("smoke", clock.GetElapsedTime(started)) });
        return failure?.AfterTry(journal.Deployment.Attempt);
    }

    private DownloadOrder Order => new(
        journal.Deployment.Release,
        Variant,
        journal.Deployment.Listed?.Deltas ?? [],
        [.. new[] { journal.State.ActiveContent, journal.State.A, journal.State.B }.OfType<SlotContent>()
            .Select(content => content.Variant).DistinctBy(variant => variant.Manifest)]);

    private VariantOffer Variant => journal.Deployment.Variant ?? throw new InvalidOperationException("No variant was chosen.");
}
