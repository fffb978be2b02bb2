using Azure.Storage.Blobs;
using SlmOps.Contracts;
using SlmOps.Packaging.Release;
using SlmOps.Pipeline.Repository;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Signing;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Release;

/// <summary>Signs the packaged variants as one release and says so.</summary>
internal sealed class ReleaseStage(
    BlobServiceClient blobs, RunStore runs, ReleaseRepository repository, SigningKeys keys, TimeProvider time,
    ILogger<ReleaseStage> log)
    : RunStage<ReleaseResult>(runs, time)
{
    /// <summary>What the metadata holds for one release; a variant has four at most.</summary>
    private const int MaxDeltas = 256;

    private readonly ContainerBlobStore _packages = new(blobs.GetBlobContainerClient(Containers.Packages));

    protected override async Task<StageOutcome<ReleaseResult>?> WorkAsync(
        StageCall call,
        RunRecord record,
        CancellationToken cancellationToken)
    {
        var run = call.Run;
        var packaged = await Runs.FindAsync<PackageResult>(run, PackageResult.Row, cancellationToken).ConfigureAwait(false);
        if (packaged is not { Value.Variants.Count: > 0 })
        {
            throw new InvalidDataException($"The run {run} has no packaged variant.");
        }

        var key = await keys.ReleaseAsync(cancellationToken).ConfigureAwait(false);
        var release = await ReleasePackager
            .WriteAsync(
                run.Model,
                run.Version,
                record.CreatedAt,
                packaged.Value.Variants,
                packaged.Value.Attestations,
                _packages,
                key,
                cancellationToken)
            .ConfigureAwait(false);

        // Shortcuts for devices that hold other variants. None when making them was given up.
        var deltas = await Runs.FindAsync<DeltaResult>(run, DeltaResult.Row, cancellationToken).ConfigureAwait(false);

        // A signature has other bytes each time: the first one listed is the release's. It is listed before anybody is
        // told of it, because a device takes only what is.
        var listed = await repository.AddAsync(
            release, [.. (deltas?.Value.Offers ?? []).Take(MaxDeltas)], cancellationToken).ConfigureAwait(false);
        var channel = record.Channel;
        return new(
            new(listed.Release, channel) { Sequence = listed.Sequence },
            [Fact(EventTypes.ModelReleased, run.Subject, new ModelReleased(listed.Release, channel, run.ToString()))]);
    }

    protected override void Report(RunRecord record, ReleaseResult result) =>
        Log.ModelReleased(log, record.Model, record.Version, result.Release.Digest, result.Channel);
}
