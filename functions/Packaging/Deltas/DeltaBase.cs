using SlmOps.Contracts;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Deltas;

/// <summary>The variant a delta starts from: where each tensor is, by name and by content.</summary>
internal sealed class DeltaBase : IAsyncDisposable
{
    private readonly IReadOnlyList<PackageFile> _files;
    private readonly IBlobStore _store;
    private readonly Dictionary<(string Key, long Length), (ushort File, long Offset)> _byKey = [];
    private readonly Dictionary<(Digest Hash, long Length), (ushort File, long Offset)> _byContent = [];
    private (int File, Stream Stream)? _open;

    private DeltaBase(IReadOnlyList<PackageFile> files, IBlobStore store) => (_files, _store) = (files, store);

    internal static async Task<DeltaBase> ReadAsync(VariantManifest manifest, IBlobStore store, CancellationToken cancellationToken)
    {
        var basis = new DeltaBase(manifest.Files, store);
        var tensors = await Tensors.OfAsync(manifest, store, cancellationToken).ConfigureAwait(false);
        var buffer = new byte[1 << 20];
        for (ushort index = 0; index < manifest.Files.Count; index++)
        {
            var stream = await basis.OpenAsync(index, cancellationToken).ConfigureAwait(false);
            foreach (var segment in FileSegments.Cut(manifest.Files[index], tensors))
            {
                stream.Position = segment.Offset;
                var hash = await SegmentHash.OfAsync(stream, segment.Length, buffer, cancellationToken).ConfigureAwait(false);
                basis._byContent.TryAdd((hash, segment.Length), (index, segment.Offset));
                if (segment.Key is not null)
                {
                    basis._byKey.TryAdd((segment.Key, segment.Length), (index, segment.Offset));
                }
            }
        }

        return basis;
    }

    internal (ushort File, long Offset)? Find(long length, Digest hash) =>
        _byContent.TryGetValue((hash, length), out var place) ? place : null;

    internal (ushort File, long Offset)? Find(string? key, long length) =>
        key is not null && _byKey.TryGetValue((key, length), out var place) ? place : null;

    internal async Task ReadAsync(ushort file, long offset, Memory<byte> target, CancellationToken cancellationToken)
    {
        var stream = await OpenAsync(file, cancellationToken).ConfigureAwait(false);
        stream.Position = offset;
        await stream.ReadExactlyAsync(target, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_open is { } open)
        {
            await open.Stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<Stream> OpenAsync(int file, CancellationToken cancellationToken)
    {
        if (_open?.File != file)
        {
            await DisposeAsync().ConfigureAwait(false);
            _open = null;
            _open = (file, await _store.OpenReadAsync(_files[file].Digest, cancellationToken).ConfigureAwait(false));
        }

        return _open.Value.Stream;
    }
}
