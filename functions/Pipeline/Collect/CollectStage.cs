using System.Collections.Concurrent;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using SlmOps.Contracts;
using SlmOps.Packaging.Collection;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Repository;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Collect;

/// <summary>
/// Deletes package blobs that no release needs any more, and artifacts that failed builds left: first as a dry run, then by the
/// name of its plan.
/// </summary>
internal sealed class CollectStage(
    BlobServiceClient blobs,
    RunStore runs,
    RolloutStore rollouts,
    DeviceStore devices,
    ReleaseRepository repository,
    AdaptationBlobs overlays,
    ArtifactGarbage artifacts,
    PipelineOptions options,
    TimeProvider time,
    ILogger<CollectStage> log)
{
    private const int Concurrency = 8;

    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient(Containers.Packages);
    private readonly ContainerBlobStore _packages = new(blobs.GetBlobContainerClient(Containers.Packages));

    /// <summary>What would be deleted; deletes nothing.</summary>
    internal async Task<GarbageReport> PlanAsync(CancellationToken cancellationToken) =>
        (await MakeAsync(cancellationToken).ConfigureAwait(false)).Report;

    /// <summary>Deletes what a dry run showed; null when the plan is another one by now.</summary>
    internal async Task<GarbageReport?> DeleteAsync(string plan, CancellationToken cancellationToken)
    {
        var (report, garbage, dropped, etags, orphans) = await MakeAsync(cancellationToken).ConfigureAwait(false);
        if (report.Plan != plan)
        {
            return null;
        }

        if (garbage.Missing.Count > 0)
        {
            return report;
        }

        await repository.RemoveAsync(dropped, cancellationToken).ConfigureAwait(false);
        var deleted = 0;
        await Parallel.ForEachAsync(
            garbage.Delete,
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken },
            async (blob, token) =>
            {
                if (await TryDeleteAsync(blob.Digest, etags[blob.Digest], token).ConfigureAwait(false))
                {
                    Interlocked.Increment(ref deleted);
                }
            }).ConfigureAwait(false);
        await Parallel.ForEachAsync(
            orphans,
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken },
            async (blob, token) =>
            {
                if (await artifacts.TryDeleteAsync(blob, token).ConfigureAwait(false))
                {
                    Interlocked.Increment(ref deleted);
                }
            }).ConfigureAwait(false);
        Log.GarbageCollected(log, deleted, report.Bytes + report.ArtifactBytes);
        return report with { Deleted = deleted };
    }

    /// <summary>Only the blob that was listed: one that a new package found meanwhile has another ETag.</summary>
    private async Task<bool> TryDeleteAsync(Digest digest, ETag etag, CancellationToken cancellationToken)
    {
        try
        {
            await _container
                .GetBlobClient(ContainerBlobStore.NameOf(digest))
                .DeleteAsync(conditions: new BlobRequestConditions { IfMatch = etag }, cancellationToken: cancellationToken)
                .ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException gone) when (gone.Status is 404 or 412)
        {
            return false;
        }
    }

    private async Task<(
        GarbageReport Report,
        GarbagePlan Plan,
        IReadOnlySet<Digest> Dropped,
        IReadOnlyDictionary<Digest, ETag> ETags,
        IReadOnlyList<OrphanBlob> Orphans)> MakeAsync(CancellationToken cancellationToken)
    {
        var served = await ServedAsync(cancellationToken).ConfigureAwait(false);
        var channels = await rollouts.ListChannelsAsync(cancellationToken).ConfigureAwait(false);
        var (stored, etags) = await StoredAsync(cancellationToken).ConfigureAwait(false);
        var retention = await RetentionAsync(served, etags.ContainsKey, channels, cancellationToken).ConfigureAwait(false);
        var reachable = await ReachableBlobs.FindAsync(
            retention.Keep, served.SelectMany(one => one.Deltas), _packages, cancellationToken).ConfigureAwait(false);
        var laid = await overlays.FindAsync([.. channels.SelectMany(channel => channel.Overlays)], cancellationToken).ConfigureAwait(false);
        var plan = GarbagePlan.Make(
            stored,
            reachable.Union(laid).Union(retention.Lost).ToHashSet(),
            time.GetUtcNow(),
            TimeSpan.FromHours(options.GarbageGraceHours));
        var orphans = await artifacts.FindAsync(cancellationToken).ConfigureAwait(false);
        var names = string.Join(
            '\n',
            plan.Delete.Select(blob => blob.Digest.Hex).Concat(orphans.Select(blob => blob.Name)).Order(StringComparer.Ordinal));
        var report = new GarbageReport
        {
            Plan = Digest.Of(System.Text.Encoding.UTF8.GetBytes(names)).Hex[..16],
            Kept = [.. retention.Keep.Select(Name)],
            Dropped = [.. retention.Drop.Select(Name)],
            Blobs = plan.Delete.Count,
            Bytes = plan.FreedBytes,
            KeptBlobs = plan.Reachable.Count,
            KeptBytes = plan.Reachable.Sum(blob => blob.Size),
            YoungBlobs = plan.Young.Count,
            Missing = plan.Missing,
            ArtifactBlobs = orphans.Count,
            ArtifactBytes = orphans.Sum(blob => blob.Bytes),
        };
        return (report, plan, retention.Drop.Select(release => release.Digest).ToHashSet(), etags, orphans);

        static string Name(ReleaseRef release) => $"{release.Model} {release.Version}";
    }

    private async Task<IReadOnlyList<ServedRelease>> ServedAsync(CancellationToken cancellationToken)
    {
        var found = new ConcurrentBag<ServedRelease>();
        var all = await runs.ListRunsAsync(cancellationToken).ConfigureAwait(false);
        await Parallel.ForEachAsync(
            all,
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken },
            async (record, token) =>
            {
                var run = new RunKey(record.Model, record.Version);
                var released = await runs.FindAsync<ReleaseResult>(run, ReleaseResult.Row, token).ConfigureAwait(false);
                var packaged = await runs.FindAsync<PackageResult>(run, PackageResult.Row, token).ConfigureAwait(false);
                var deltas = await runs.FindAsync<DeltaResult>(run, DeltaResult.Row, token).ConfigureAwait(false);
                if (released is not null && packaged is not null)
                {
                    found.Add(new(
                        released.Value.Release,
                        record.ReceivedAt,
                        [.. packaged.Value.Variants.Select(offer => offer.Manifest)],
                        deltas?.Value.Offers ?? []));
                }
            }).ConfigureAwait(false);
        return [.. found.OrderBy(one => one.Release.Model).ThenBy(one => one.ReleasedAt)];
    }

    private async Task<RetentionPlan> RetentionAsync(
        IReadOnlyList<ServedRelease> served,
        Func<Digest, bool> isStored,
        IReadOnlyList<ChannelRecord> channels,
        CancellationToken cancellationToken)
    {
        var latest = new List<RolloutRecord>();
        var fleet = new List<DeviceRecord>();
        foreach (var channel in channels)
        {
            fleet.AddRange(await devices.ListAsync(channel.Channel, cancellationToken).ConfigureAwait(false));
            if (channel.LatestRollout is { } id
                && await rollouts.FindRolloutAsync(channel.Channel, id, cancellationToken).ConfigureAwait(false) is { } rollout)
            {
                latest.Add(rollout.Value);
            }
        }

        return Retention.Make(served, isStored, channels, latest, fleet, options.KeepReleases);
    }

    private async Task<(IReadOnlyList<StoredBlob> Blobs, IReadOnlyDictionary<Digest, ETag> ETags)> StoredAsync(
        CancellationToken cancellationToken)
    {
        var found = new List<StoredBlob>();
        var etags = new Dictionary<Digest, ETag>();
        await foreach (
            var item in _container
                .GetBlobsAsync(BlobTraits.None, BlobStates.None, ContainerBlobStore.Folder, cancellationToken)
                .ConfigureAwait(false))
        {
            if (Digest.TryParse($"sha256:{item.Name[ContainerBlobStore.Folder.Length..]}", out var digest)
                && item.Properties is { LastModified: { } written, ETag: { } etag })
            {
                found.Add(new(digest, item.Properties.ContentLength ?? 0, written));
                etags.Add(digest, etag);
            }
        }

        return (found, etags);
    }
}
