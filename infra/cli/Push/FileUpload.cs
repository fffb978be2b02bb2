using System.Buffers;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using SlmOps.Packaging.Storage;

namespace SlmOps.Cli.Push;

/// <summary>
/// One file on its way into a block blob. Blocks that storage has by the same name are not sent again, be they left over from
/// a push that was interrupted or part of the blob as it is.
/// </summary>
internal sealed class FileUpload : IDisposable
{
    private readonly BlockBlobClient _blob;
    private readonly FileStream _file;
    private readonly DateTime _writtenAt;
    private readonly TransferMeter _meter;
    private readonly string[] _ids;
    private Dictionary<string, long> _there = [];
    private int _idBytes = BlockId.Bytes;
    private int _left;

    private FileUpload(BlockBlobClient blob, FileStream file, TransferMeter meter)
    {
        (_blob, _file, _meter) = (blob, file, meter);
        _writtenAt = File.GetLastWriteTimeUtc(file.SafeFileHandle);
        Plan = BlockPlan.Of(file.Name, file.Length);
        _ids = new string[Plan.Count];
        _left = Math.Max(Plan.Count, 1);
    }

    internal BlockPlan Plan { get; }

    /// <summary>Opens a file and finds out what of it is there.</summary>
    internal static async Task<FileUpload> OpenAsync(
        BlockBlobClient blob, string path, TransferMeter meter, CancellationToken cancellationToken)
    {
        var upload = new FileUpload(blob, PlainFile.OpenRead(path), meter);
        try
        {
            if (!upload.Plan.IsWhole)
            {
                await upload.FindAsync(cancellationToken);
            }

            return upload;
        }
        catch
        {
            upload.Dispose();
            throw;
        }
    }

    /// <summary>Sends one block unless it is there; true when it was the last one that was missing.</summary>
    internal async Task<bool> SendAsync(int block, CancellationToken cancellationToken)
    {
        var (offset, bytes) = Plan.Place(block);
        var buffer = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            var content = buffer.AsMemory(0, bytes);
            await ReadAsync(content, offset, cancellationToken);
            if (Plan.IsWhole)
            {
                await SendWholeAsync(content, cancellationToken);
            }
            else
            {
                var id = BlockId.Of(offset, content.Span, _idBytes);
                _ids[block] = id;
                await SendBlockAsync(id, content, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Interlocked.Decrement(ref _left) == 0;
    }

    /// <summary>Makes the blob of its blocks. Where it is that already, only <paramref name="again"/> does it once more.</summary>
    internal async Task CommitAsync(bool again, CancellationToken cancellationToken)
    {
        RequireUnchanged();
        if (!Plan.IsWhole && (again || !await IsCommittedAsync(cancellationToken)))
        {
            await _blob.CommitBlockListAsync(_ids, cancellationToken: cancellationToken);
        }
    }

    /// <summary>
    /// Also when another push of the same file came first: writing it once more would change the blob under whoever reads it.
    /// </summary>
    private async Task<bool> IsCommittedAsync(CancellationToken cancellationToken)
    {
        try
        {
            var found = (await _blob.GetBlockListAsync(BlockListTypes.Committed, cancellationToken: cancellationToken)).Value;
            return found.CommittedBlocks.Select(block => block.Name).SequenceEqual(_ids, StringComparer.Ordinal);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return false;
        }
    }

    public void Dispose() => _file.Dispose();

    private async Task FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            var found = (await _blob.GetBlockListAsync(BlockListTypes.All, cancellationToken: cancellationToken)).Value;
            var waiting = found.UncommittedBlocks.ToList();
            _there = waiting.Concat(found.CommittedBlocks)
                .DistinctBy(block => block.Name, StringComparer.Ordinal)
                .ToDictionary(block => block.Name, block => block.SizeLong, StringComparer.Ordinal);
            _idBytes = waiting.Count == 0 ? BlockId.Bytes : BlockId.LengthOf(waiting[0].Name) ?? 0;
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return;
        }

        if (_idBytes < BlockId.LeastBytes)
        {
            throw new CliException(
                $"Another tool left an unfinished upload of {_blob.BlobContainerName}/{_blob.Name}, whose blocks have names too short to "
                    + "tell their contents apart. Finish it with that tool, or push under another name or version.");
        }
    }

    private async Task ReadAsync(Memory<byte> content, long offset, CancellationToken cancellationToken)
    {
        for (var done = 0; done < content.Length;)
        {
            var read = await RandomAccess.ReadAsync(_file.SafeFileHandle, content[done..], offset + done, cancellationToken);
            done += read > 0 ? read : throw Changed();
        }
    }

    private async Task SendWholeAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        RequireUnchanged();
        using var stream = Stream(content);
        var progress = new Counted(_meter);
        await _blob.UploadAsync(stream, new BlobUploadOptions { ProgressHandler = progress }, cancellationToken);
        progress.Report(content.Length);
    }

    private async Task SendBlockAsync(string id, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (_there.TryGetValue(id, out var size) && size == content.Length)
        {
            _meter.Found(content.Length);
            return;
        }

        using var stream = Stream(content);
        var progress = new Counted(_meter);
        await _blob.StageBlockAsync(id, stream, new BlockBlobStageBlockOptions { ProgressHandler = progress }, cancellationToken);
        progress.Report(content.Length);
    }

    private static MemoryStream Stream(ReadOnlyMemory<byte> content) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(content, out var segment)
            ? new(segment.Array!, segment.Offset, segment.Count, writable: false)
            : new(content.ToArray(), writable: false);

    /// <summary>Blocks of two states of a file would make a blob that never was a file.</summary>
    private void RequireUnchanged()
    {
        if (RandomAccess.GetLength(_file.SafeFileHandle) != Plan.Length || File.GetLastWriteTimeUtc(_file.SafeFileHandle) != _writtenAt)
        {
            throw Changed();
        }
    }

    private CliException Changed() =>
        new($"{_file.Name} changed while it was sent; nothing was made of it. Push again when it is finished.");

    /// <summary>The SDK tells how far a request is, and starts from zero when it sends it again.</summary>
    private sealed class Counted(TransferMeter meter) : IProgress<long>
    {
        private long _reported;

        public void Report(long value) => meter.Sent(value - Interlocked.Exchange(ref _reported, value));
    }
}
