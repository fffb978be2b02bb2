using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace SlmOps.Packaging.Deltas;

/// <summary>
/// Gives the new file while it reads the delta and the held base files: at most three buffers of
/// <see cref="DeltaFrame.MaxLength"/>, whatever the delta says. What it gives is not checked here; the store that takes
/// it compares it with the signed digest.
/// </summary>
internal sealed class DeltaStream : Stream
{
    private readonly Stream _delta;
    private readonly IReadOnlyList<PackageFile> _baseFiles;
    private readonly IBlobStore _held;
    private readonly byte[] _payload = new byte[DeltaFrame.MaxPayload];
    private readonly byte[] _difference = new byte[DeltaFrame.MaxLength];
    private readonly byte[] _output = new byte[DeltaFrame.MaxLength];
    private readonly Decompressor _decompressor = new();
    private readonly byte[] _head = new byte[DeltaFrame.HeadBytes];
    private (int File, Stream Stream)? _open;
    private ReadOnlyMemory<byte> _ready;
    private (ushort File, long Offset, long Length) _copying;
    private bool _started;

    internal DeltaStream(Stream delta, IReadOnlyList<PackageFile> baseFiles, IBlobStore held)
    {
        (_delta, _baseFiles, _held) = (delta, baseFiles, held);
        _decompressor.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, 22);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (_ready.IsEmpty)
        {
            if (_copying.Length > 0)
            {
                await CopyAsync(cancellationToken).ConfigureAwait(false);
            }
            else if (!await NextAsync(cancellationToken).ConfigureAwait(false))
            {
                return 0;
            }
        }

        var count = Math.Min(buffer.Length, _ready.Length);
        _ready[..count].CopyTo(buffer);
        _ready = _ready[count..];
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _open?.Stream.Dispose();
            _decompressor.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<bool> NextAsync(CancellationToken cancellationToken)
    {
        if (!_started)
        {
            await FillAsync(_head.AsMemory(0, DeltaFrame.Magic.Length), cancellationToken).ConfigureAwait(false);
            _started = _head.AsSpan(0, DeltaFrame.Magic.Length).SequenceEqual(DeltaFrame.Magic)
                ? true
                : throw new PackageFormatException("bad-frame", "The file is not a delta.");
        }

        var read = await _delta.ReadAtLeastAsync(_head, _head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read == 0)
        {
            return false;
        }

        var frame = read == _head.Length ? DeltaFrame.Read(_head) : throw Truncated();
        if (frame.UsesBase && (frame.BaseFile >= _baseFiles.Count || frame.Length > _baseFiles[frame.BaseFile].Size - frame.BaseOffset))
        {
            throw new PackageFormatException("bad-frame", $"The delta reads outside the base: {frame}.");
        }

        if (frame.Op == DeltaOp.Copy)
        {
            _copying = (frame.BaseFile, frame.BaseOffset, frame.Length);
            return true;
        }

        var payload = _payload.AsMemory(0, (int)frame.PayloadLength);
        await FillAsync(payload, cancellationToken).ConfigureAwait(false);
        await ProduceAsync(frame, payload, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task ProduceAsync(DeltaFrame frame, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var length = (int)frame.Length;
        if (frame.Op == DeltaOp.Raw)
        {
            _ready = payload;
            return;
        }

        if (frame.Op == DeltaOp.Zstd)
        {
            Decompress(payload.Span, _output.AsSpan(0, length));
        }
        else
        {
            Decompress(payload.Span, _difference.AsSpan(0, length));
            // The payload is spent, so its buffer takes the base.
            await ReadBaseAsync(frame.BaseFile, frame.BaseOffset, _payload.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            Add(frame.Op, _payload.AsSpan(0, length), _difference.AsSpan(0, length), _output.AsSpan(0, length));
        }

        _ready = _output.AsMemory(0, length);
    }

    private async Task CopyAsync(CancellationToken cancellationToken)
    {
        var count = (int)Math.Min(_copying.Length, _output.Length);
        await ReadBaseAsync(_copying.File, _copying.Offset, _output.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        _ready = _output.AsMemory(0, count);
        _copying = (_copying.File, _copying.Offset + count, _copying.Length - count);
    }

    private static void Add(DeltaOp op, ReadOnlySpan<byte> basis, ReadOnlySpan<byte> difference, Span<byte> target)
    {
        switch (op)
        {
            case DeltaOp.Sub8:
                TypedDifference.Add8(basis, difference, target);
                break;
            case DeltaOp.Sub4:
                TypedDifference.Add4(basis, difference, target);
                break;
            default:
                TypedDifference.Add16(basis, difference, target);
                break;
        }
    }

    private void Decompress(ReadOnlySpan<byte> payload, Span<byte> target)
    {
        try
        {
            if (_decompressor.TryUnwrap(payload, target, out var written) && written == target.Length)
            {
                return;
            }
        }
        catch (ZstdException)
        {
        }

        throw new PackageFormatException("bad-frame", $"The delta has a frame that does not decompress to {target.Length} bytes.");
    }

    private async Task ReadBaseAsync(int file, long offset, Memory<byte> target, CancellationToken cancellationToken)
    {
        if (_open?.File != file)
        {
            _open?.Stream.Dispose();
            _open = null;
            _open = (file, await _held.OpenReadAsync(_baseFiles[file].Digest, cancellationToken).ConfigureAwait(false));
        }

        var stream = _open.Value.Stream;
        stream.Position = offset;
        var read = await stream.ReadAtLeastAsync(target, target.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read < target.Length)
        {
            throw new PackageFormatException(
                "base-too-short",
                $"The held blob {_baseFiles[file].Digest} is shorter than its manifest says.");
        }
    }

    private async Task FillAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        if (
            await _delta.ReadAtLeastAsync(target, target.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)
            < target.Length)
        {
            throw Truncated();
        }
    }

    private static PackageFormatException Truncated() => new("bad-frame", "The delta ends in the middle of a frame.");
}
