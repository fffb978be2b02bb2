using System.Collections.Concurrent;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Collect;

/// <summary>
/// What failed and cancelled builds left in the artifacts container: uploads and variants that no run needs, and what a host
/// that died was writing. Whatever was written, or found there by a new build, within the grace is left alone.
/// </summary>
internal sealed class ArtifactGarbage(BlobServiceClient blobs, RunStore runs, PipelineOptions options, TimeProvider time)
{
    private const int Concurrency = 8;

    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient(Containers.Artifacts);

    /// <summary>What may go.</summary>
    internal async Task<IReadOnlyList<OrphanBlob>> FindAsync(CancellationToken cancellationToken)
    {
        // Before the runs are read: what a run needs that comes after this was written, or renewed, after it too.
        var before = time.GetUtcNow() - TimeSpan.FromHours(options.GarbageGraceHours);
        var old = new List<OrphanBlob>();
        await foreach (var item in _container
            .GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix: null, cancellationToken).ConfigureAwait(false))
        {
            if (item.Properties is { LastModified: { } written, ETag: var etag } && written < before)
            {
                old.Add(new(item.Name, item.Properties.ContentLength ?? 0, etag));
            }
        }

        if (old.Count == 0)
        {
            return [];
        }

        var needed = await NeededAsync(cancellationToken).ConfigureAwait(false);
        return [.. old.Where(blob => !needed.Contains(blob.Name))];
    }

    /// <summary>Deletes one; false when a build has found or written it meanwhile.</summary>
    internal async Task<bool> TryDeleteAsync(OrphanBlob blob, CancellationToken cancellationToken)
    {
        try
        {
            await _container.GetBlobClient(blob.Name)
                .DeleteAsync(conditions: new BlobRequestConditions { IfMatch = blob.ETag }, cancellationToken: cancellationToken)
                .ConfigureAwait(false);
            return true;
        }
        catch (RequestFailedException gone) when (gone.Status is 404 or 412)
        {
            return false;
        }
    }

    private async Task<IReadOnlySet<string>> NeededAsync(CancellationToken cancellationToken)
    {
        var needed = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(
            await runs.ListRunsAsync(cancellationToken).ConfigureAwait(false),
            new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken },
            async (record, token) =>
            {
                foreach (var digest in ArtifactNeeds.Of(await runs.ReadAsync(record.Key, token).ConfigureAwait(false)))
                {
                    needed.TryAdd(ContainerBlobStore.NameOf(digest), true);
                }
            }).ConfigureAwait(false);
        return needed.Keys.ToHashSet(StringComparer.Ordinal);
    }
}

/// <summary>A blob that no run needs.</summary>
/// <param name="Name">Its name in the container.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="ETag">Its state when it was listed.</param>
internal sealed record OrphanBlob(string Name, long Bytes, ETag? ETag);
