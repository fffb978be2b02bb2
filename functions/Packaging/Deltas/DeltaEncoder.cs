using SlmOps.Contracts;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace SlmOps.Packaging.Deltas;

/// <summary>Writes files as frames over a base variant. Holds a few frame buffers, never a file.</summary>
internal sealed class DeltaEncoder : IDisposable
{
    private const int Level = 3;
    private readonly DeltaBase _base;
    private readonly Compressor _compressor = new(Level);
    private readonly byte[] _target = new byte[DeltaFrame.MaxLength];
    private readonly byte[] _basis = new byte[DeltaFrame.MaxLength];
    private readonly byte[] _difference = new byte[DeltaFrame.MaxLength];
    private byte[] _best = new byte[Compressor.GetCompressBound(DeltaFrame.MaxLength)];
    private byte[] _candidate = new byte[Compressor.GetCompressBound(DeltaFrame.MaxLength)];

    internal DeltaEncoder(DeltaBase basis)
    {
        _base = basis;
        _compressor.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, 22);
    }

    public void Dispose() => _compressor.Dispose();

    /// <summary>Writes a file's frames; stops and returns false as soon as they have more bytes than allowed.</summary>
    internal async Task<bool> WriteAsync(
        Stream file, IReadOnlyList<Segment> segments, Stream output, long most, CancellationToken cancellationToken)
    {
        await output.WriteAsync(DeltaFrame.Magic.ToArray(), cancellationToken).ConfigureAwait(false);
        DeltaFrame? copy = null;
        foreach (var segment in segments)
        {
            if (
                _base.Find(segment.Length, await HashAsync(file, segment, cancellationToken).ConfigureAwait(false))
                is var (baseFile, offset))
            {
                // Tensors that follow each other in both files become one frame.
                if (copy is { } run && run.BaseFile == baseFile && run.BaseOffset + run.Length == offset)
                {
                    copy = run with { Length = run.Length + segment.Length };
                    continue;
                }

                await FlushAsync(copy, output, cancellationToken).ConfigureAwait(false);
                copy = new(DeltaOp.Copy, baseFile, 0, offset, segment.Length);
                continue;
            }

            await FlushAsync(copy, output, cancellationToken).ConfigureAwait(false);
            copy = null;
            if (!await WriteChangedAsync(file, segment, output, most, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }
        }

        await FlushAsync(copy, output, cancellationToken).ConfigureAwait(false);
        return output.Position <= most;
    }

    private async Task<bool> WriteChangedAsync(Stream file, Segment segment, Stream output, long most, CancellationToken cancellationToken)
    {
        var basis = _base.Find(segment.Key, segment.Length);
        for (long done = 0; done < segment.Length; done += DeltaFrame.MaxLength)
        {
            var length = (int)Math.Min(DeltaFrame.MaxLength, segment.Length - done);
            file.Position = segment.Offset + done;
            await file.ReadExactlyAsync(_target.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            if (basis is { } place)
            {
                await _base.ReadAsync(place.File, place.Offset + done, _basis.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
            }

            var (op, payload) = Choose(length, basis is not null);
            var frame = basis is { } found && op is not (DeltaOp.Raw or DeltaOp.Zstd)
                ? new DeltaFrame(op, found.File, (uint)payload.Length, found.Offset + done, length)
                : new DeltaFrame(op, 0, (uint)payload.Length, 0, length);
            await WriteFrameAsync(frame, payload, output, cancellationToken).ConfigureAwait(false);
            if (output.Position > most)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Tries every op that can be right and keeps the smallest result; the tensor type alone does not tell packed 4-bit weights from bytes.</summary>
    private (DeltaOp Op, ReadOnlyMemory<byte> Payload) Choose(int length, bool hasBasis)
    {
        var target = _target.AsSpan(0, length);
        var (op, size) = (DeltaOp.Raw, length);
        Try(DeltaOp.Zstd, target, ref op, ref size);
        if (hasBasis)
        {
            var basis = _basis.AsSpan(0, length);
            var difference = _difference.AsSpan(0, length);
            TypedDifference.Subtract8(target, basis, difference);
            Try(DeltaOp.Sub8, difference, ref op, ref size);
            TypedDifference.Subtract4(target, basis, difference);
            Try(DeltaOp.Sub4, difference, ref op, ref size);
            if (length % 2 == 0)
            {
                TypedDifference.Subtract16(target, basis, difference);
                Try(DeltaOp.Sub16, difference, ref op, ref size);
            }
        }

        return (op, op == DeltaOp.Raw ? _target.AsMemory(0, length) : _best.AsMemory(0, size));
    }

    private void Try(DeltaOp op, ReadOnlySpan<byte> content, ref DeltaOp best, ref int size)
    {
        var written = _compressor.Wrap(content, _candidate);
        if (written < size)
        {
            (best, size) = (op, written);
            (_best, _candidate) = (_candidate, _best);
        }
    }

    private async Task<Digest> HashAsync(Stream file, Segment segment, CancellationToken cancellationToken)
    {
        file.Position = segment.Offset;
        return await SegmentHash.OfAsync(file, segment.Length, _target, cancellationToken).ConfigureAwait(false);
    }

    private static async Task FlushAsync(DeltaFrame? copy, Stream output, CancellationToken cancellationToken)
    {
        if (copy is { } frame)
        {
            await WriteFrameAsync(frame, default, output, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task WriteFrameAsync(
        DeltaFrame frame,
        ReadOnlyMemory<byte> payload,
        Stream output,
        CancellationToken cancellationToken)
    {
        var head = new byte[DeltaFrame.HeadBytes];
        frame.Write(head);
        await output.WriteAsync(head, cancellationToken).ConfigureAwait(false);
        await output.WriteAsync(payload, cancellationToken).ConfigureAwait(false);
    }
}
