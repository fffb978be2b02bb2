using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using SlmOps.Contracts;
using SlmOps.Packaging.Sharding;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Storage;

/// <summary>
/// Streams a model that is being built into block blobs, so that the stage needs no disk for what it makes. A digest is
/// known only when the last byte is written: until then the blobs lie below <c>staging/</c>, then storage itself copies
/// them to the names of their content. What a dead host leaves there is deleted by the account's lifecycle rule. The digests
/// of the layers that packaging cuts the weights into are computed on the way.
/// </summary>
internal sealed class BlockBlobSink(BlobContainerClient container, BlobLinks links) : IModelSink
{
    private const int BlockBytes = 4 << 20;

    private readonly string _folder = $"staging/{Guid.NewGuid():N}";
    private readonly List<string> _names = [];
    private readonly WrittenShards _shards = new();
    private readonly MemoryStream _graph = new();
    private IReadOnlyList<OutputFile> _files = [];

    public Stream Create(string name)
    {
        // The weights come first, if there are any outside the graph.
        var isGraph = _names.Count > 0;
        _names.Add(name);
        return new SinkStream(
            Staged(name).OpenWrite(overwrite: true, new BlockBlobOpenWriteOptions { BufferSize = BlockBytes }),
            isGraph ? KeepGraph : _shards.Append);
    }

    public void Begin(string name, OutputTensor tensor) => _shards.Begin(tensor.Origin, tensor.Consumer, tensor.Offset, tensor.Bytes);

    public void Complete(IReadOnlyList<OutputFile> files) => _files = files;

    /// <summary>Gives the finished files their names, each unless it is there already.</summary>
    internal async Task<IReadOnlyList<StoredFile>> StoreAsync(CancellationToken cancellationToken)
    {
        var copy = new ServerCopy(container, links);
        var stored = new List<StoredFile>();
        foreach (var file in _files.OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            var digest = Digest.Parse($"sha256:{file.Sha256}");
            var staged = await PinnedBlob.FindAsync(container.GetBlobClient(Staged(file.Name).Name), cancellationToken)
                .ConfigureAwait(false);
            await copy.CopyAsync(staged, digest, cancellationToken).ConfigureAwait(false);
            stored.Add(new(file.Name, digest, file.Bytes));
        }

        return stored;
    }

    /// <summary>The layers of the finished model whose digests are known; packaging computes those that are not.</summary>
    internal IReadOnlyList<StoredFile> Layers()
    {
        if (_files is not [var weights, _] || _graph.Length is 0 or > WeightSharder.MaxGraphBytes)
        {
            return [];
        }

        var plan = WeightSharder.Plan(_graph.ToArray(), file => file == weights.Name ? weights.Bytes : null);
        var digests = _shards.Complete(weights.Name, plan);
        return [.. plan.Shards
            .Where(shard => digests.ContainsKey(shard.Path))
            .Select(shard => new StoredFile(shard.Path, digests[shard.Path], shard.Size))];
    }

    public void Dispose()
    {
        _shards.Dispose();
        _graph.Dispose();
        foreach (var name in _names)
        {
            Staged(name).DeleteIfExists();
        }
    }

    private BlockBlobClient Staged(string name) => container.GetBlockBlobClient($"{_folder}/{name}");

    private void KeepGraph(ReadOnlySpan<byte> bytes)
    {
        // One that is larger has its weights inside: nothing of it is cut.
        if (_graph.Length <= WeightSharder.MaxGraphBytes)
        {
            _graph.Write(bytes);
        }
    }
}
