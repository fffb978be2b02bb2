using System.Security.Cryptography;
using Azure.Storage.Blobs;
using SlmOps.Contracts;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Sharding;
using SlmOps.Packaging.Storage;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Package;

/// <summary>
/// Makes the layers of a variant's package out of the blobs that its files are: storage copies them, whole or by ranges,
/// and a layer that is there is not made again. Only the graph, whose places of weights change, comes through this host.
/// </summary>
internal sealed class VariantLayers(ArtifactBlobs artifacts, BlobServiceClient blobs, BlobLinks links)
{
    private readonly ContainerBlobStore _store = new(blobs.GetBlobContainerClient(Containers.Packages));
    private readonly ServerCopy _copy = new(blobs.GetBlobContainerClient(Containers.Packages), links);

    /// <summary>The files of the package.</summary>
    /// <param name="files">The variant's files by their paths in it, the graph among them.</param>
    /// <param name="known">Layers whose digests were computed while the weights were read or written.</param>
    /// <param name="done">Told how many bytes are stored.</param>
    /// <param name="cancellationToken">Stops the copying.</param>
    /// <exception cref="Packaging.PackageFormatException">When the files cannot be a package.</exception>
    internal async Task<IReadOnlyList<PackageFile>> StoreAsync(
        IReadOnlyList<StoredFile> files, IReadOnlyList<StoredFile> known, IProgress<long> done, CancellationToken cancellationToken)
    {
        var graph = files.Single(file => file.Path == ModelFiles.Model);
        var plan = await PlanAsync(graph, files, cancellationToken).ConfigureAwait(false);
        var stored = new List<PackageFile>();
        if (plan?.Graph is { } rewritten)
        {
            var blob = await _store.AddAsync(rewritten, cancellationToken).ConfigureAwait(false);
            stored.Add(new(graph.Path, blob.Digest, blob.Size));
            done.Report(graph.Size);
            stored.AddRange(await ShardsAsync(plan.Shards, files, known, done, cancellationToken).ConfigureAwait(false));
        }

        foreach (var file in files.Where(file => plan?.Graph is null || (file != graph && !plan.Moved.Contains(file.Path))))
        {
            await _copy
                .CopyAsync(await artifacts.FindAsync(file, cancellationToken).ConfigureAwait(false), file.Digest, cancellationToken)
                .ConfigureAwait(false);
            stored.Add(new(file.Path, file.Digest, file.Size));
            done.Report(file.Size);
        }

        return stored;
    }

    private async Task<ShardedModel?> PlanAsync(
        StoredFile graph, IReadOnlyList<StoredFile> files, CancellationToken cancellationToken)
    {
        if (graph.Size > WeightSharder.MaxGraphBytes)
        {
            return null;
        }

        var found = await artifacts.FindAsync(graph, cancellationToken).ConfigureAwait(false);
        var bytes = await found.ReadAllAsync(WeightSharder.MaxGraphBytes, cancellationToken).ConfigureAwait(false);
        return Digest.Of(bytes) == graph.Digest
            ? WeightSharder.Plan(bytes, path => files.FirstOrDefault(file => file.Path == path)?.Size)
            : throw new InvalidDataException($"The blob {graph.Digest} ({graph.Path}) holds other bytes.");
    }

    private async Task<IReadOnlyList<PackageFile>> ShardsAsync(
        IReadOnlyList<WeightShard> shards,
        IReadOnlyList<StoredFile> files,
        IReadOnlyList<StoredFile> known,
        IProgress<long> done,
        CancellationToken cancellationToken)
    {
        var sources = new Dictionary<string, PinnedBlob>();
        foreach (var path in shards.SelectMany(shard => shard.Pieces).Select(piece => piece.File).Distinct())
        {
            sources.Add(path, await artifacts.FindAsync(files.First(file => file.Path == path), cancellationToken).ConfigureAwait(false));
        }

        var stored = new List<PackageFile>();
        foreach (var shard in shards)
        {
            var digest = known.FirstOrDefault(layer => layer.Path == shard.Path && layer.Size == shard.Size)?.Digest
                ?? await DigestAsync(shard, sources, cancellationToken).ConfigureAwait(false);
            await _copy.AssembleAsync(shard, path => sources[path], digest, cancellationToken).ConfigureAwait(false);
            stored.Add(new(shard.Path, digest, shard.Size));
            done.Report(shard.Pieces.Sum(piece => piece.Length));
        }

        return stored;
    }

    /// <summary>Reads a shard where its pieces lie: for a run of an earlier version, or pieces that came in another order.</summary>
    private static async Task<Digest> DigestAsync(
        WeightShard shard, Dictionary<string, PinnedBlob> sources, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var zeros = new byte[64 << 10];
        var places = shard.Pieces
            .SelectMany(piece => ReadAhead
                .Cut(sources[piece.File], piece.Offset, piece.Length)
                .Select(stretch => (Stretch: stretch, At: piece.At + stretch.Offset - piece.Offset)))
            .ToList();
        var (at, index) = (0L, 0);
        await foreach (
            var (_, bytes) in ReadAhead.ReadAsync(places.Select(place => place.Stretch), cancellationToken).ConfigureAwait(false))
        {
            for (var gap = places[index].At - at; gap > 0; gap = places[index].At - at)
            {
                var count = (int)Math.Min(gap, zeros.Length);
                hash.AppendData(zeros, 0, count);
                at += count;
            }

            hash.AppendData(bytes.Span);
            at += bytes.Length;
            index++;
        }

        return Digest.FromHash(hash.GetHashAndReset());
    }
}
