using System.Security.Cryptography;
using SlmOps.Contracts;
using SlmOps.Packaging.Sharding;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Intake;

/// <summary>
/// Reads an upload once, from its first byte to its last, and computes all that is ever needed of its bytes: the digest of each
/// file, and of each layer that packaging will cut out of the weights.
/// </summary>
internal static class UploadDigests
{
    // A row of the table holds them all; packaging computes what is not there.
    private const int MaxLayers = 1024;

    /// <param name="found">The upload.</param>
    /// <param name="plan">How the weights are cut, or null.</param>
    /// <param name="graph">Path of the graph, whose folder the plan's files lie in.</param>
    /// <param name="done">Told how many bytes are read.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="BlobChangedException">When a file is not what it was when the upload was listed.</exception>
    internal static async Task<Upload> ReadAsync(
        FoundUpload found, ShardedModel? plan, string? graph, IProgress<long> done, CancellationToken cancellationToken)
    {
        var shards = plan?.Shards is { Count: > 0 and <= MaxLayers } cut ? cut : [];
        using var layers = new ShardHasher(shards);
        var folder = graph?[..(graph.LastIndexOf('/') + 1)] ?? "";
        var files = new List<StoredFile>();
        foreach (var (path, blob) in found.Files)
        {
            var name = shards.Count > 0 && path.StartsWith(folder, StringComparison.Ordinal) ? path[folder.Length..] : null;
            files.Add(new(path, await ReadAsync(blob, name, layers, done, cancellationToken).ConfigureAwait(false), blob.Length));
        }

        var digests = layers.Complete();
        return new(files, found.NewestAt, [])
        {
            Layers = [.. shards
                .Where(shard => digests[shard.Path] is not null)
                .Select(shard => new StoredFile(shard.Path, digests[shard.Path]!.Value, shard.Size))],
        };
    }

    private static async Task<Digest> ReadAsync(
        PinnedBlob blob, string? name, ShardHasher layers, IProgress<long> done, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var stretches = ReadAhead.Cut(blob, 0, blob.Length);
        await foreach (var (stretch, bytes) in ReadAhead.ReadAsync(stretches, cancellationToken).ConfigureAwait(false))
        {
            // The file and the layers are hashed side by side: they are the same bytes twice.
            var file = Task.Run(() => hash.AppendData(bytes.Span), CancellationToken.None);
            if (name is not null)
            {
                layers.Append(name, stretch.Offset, bytes.Span);
            }

            await file.ConfigureAwait(false);
            done.Report(bytes.Length);
        }

        return Digest.FromHash(hash.GetHashAndReset());
    }
}

/// <summary>A read upload; no files when there are problems.</summary>
internal sealed record Upload(IReadOnlyList<StoredFile> Files, DateTimeOffset NewestAt, IReadOnlyList<Problem> Problems)
{
    /// <summary>The layers of its weights whose digests are known.</summary>
    public IReadOnlyList<StoredFile> Layers { get; init; } = [];

    /// <summary>Digest over paths and digests, in the order of the paths.</summary>
    internal Digest SourceDigest => Digest.Of(System.Text.Encoding.UTF8.GetBytes(
        string.Concat(Files.OrderBy(file => file.Path, StringComparer.Ordinal).Select(file => $"{file.Path}\0{file.Digest}\n"))));
}
