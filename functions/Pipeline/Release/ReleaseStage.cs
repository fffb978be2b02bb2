using Azure.Storage.Blobs;
using SlmOps.Contracts;
using SlmOps.Packaging;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Repository;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Signing;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Release;

/// <summary>Signs the packaged variants as one release and says so.</summary>
internal sealed class ReleaseStage(
    BlobServiceClient blobs, RunStore runs, ReleaseRepository repository, SigningKeys keys, TimeProvider time,
    ILogger<ReleaseStage> log)
{
    /// <summary>What the metadata holds for one release; a variant has four at most.</summary>
    private const int MaxDeltas = 256;

    private readonly ContainerBlobStore _packages = new(blobs.GetBlobContainerClient(Flow.Containers.Packages));

    internal async Task RunAsync(RunKey run, CancellationToken cancellationToken)
    {
        if (await runs.FindAsync<ReleaseResult>(run, ReleaseResult.Row, cancellationToken).ConfigureAwait(false) is not null)
        {
            await runs.RelayAsync(run, cancellationToken).ConfigureAwait(false);
            return;
        }

        var started = time.GetTimestamp();
        var record = await runs.RequireRunAsync(run, cancellationToken).ConfigureAwait(false);
        var packaged = await runs.FindAsync<PackageResult>(run, PackageResult.Row, cancellationToken).ConfigureAwait(false);
        if (packaged is not { Value.Variants.Count: > 0 })
        {
            throw new InvalidDataException($"The run {run} has no packaged variant.");
        }

        var key = await keys.ReleaseAsync(cancellationToken).ConfigureAwait(false);
        var release = await ReleasePackager.WriteAsync(
            run.Model, run.Version, record.CreatedAt, packaged.Value.Variants, packaged.Value.Attestations, _packages, key, cancellationToken)
            .ConfigureAwait(false);

        // Shortcuts for devices that hold other variants. None when making them was given up.
        var deltas = await runs.FindAsync<DeltaResult>(run, DeltaResult.Row, cancellationToken).ConfigureAwait(false);

        // A signature has other bytes each time: the first one listed is the release's. It is listed before anybody is
        // told of it, because a device takes only what is.
        var listed = await repository.AddAsync(
            release, [.. (deltas?.Value.Offers ?? []).Take(MaxDeltas)], cancellationToken).ConfigureAwait(false);
        var channel = record.Manifest.Rollout.Channel ?? run.Model;
        var result = new ReleaseResult(listed.Release, channel, (long)time.GetElapsedTime(started).TotalMilliseconds) { Sequence = listed.Sequence };
        OutboxEntry[] entries =
        [
            OutboxEntry.Fact(
                EventTypes.ModelReleased, $"models/{run.Model}/{run.Version}", "",
                new ModelReleased(listed.Release, channel, run.ToString()), time.GetUtcNow()),
        ];
        await runs.CompleteAsync(run, ReleaseResult.Row, result, entries, cancellationToken).ConfigureAwait(false);
        Log.ModelReleased(log, run.Model, run.Version, listed.Release.Digest, channel);
    }
}
