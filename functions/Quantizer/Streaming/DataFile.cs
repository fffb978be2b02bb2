using Microsoft.Win32.SafeHandles;
using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Streaming;

/// <summary>The external data file of the output, laid out in the order tensors are written.</summary>
internal sealed class DataFile(string path) : IDisposable
{
    private const long Page = 4096;
    private const long Line = 64;
    private SafeFileHandle? _handle;
    private byte[]? _copy;

    internal long Length { get; private set; }

    internal bool IsUsed => _handle is not null;

    /// <summary>Sets aside room: on a page for what a runtime maps by itself, on a cache line for the rest.</summary>
    internal long Reserve(long length)
    {
        var alignment = length >= 1 << 20 ? Page : Line;
        var offset = (Length + alignment - 1) / alignment * alignment;
        Length = offset + length;
        return offset;
    }

    internal void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        _handle ??= File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None);
        RandomAccess.Write(_handle, bytes, offset);
    }

    /// <summary>Copies a tensor's bytes as they are and returns where they lie now.</summary>
    internal long Copy(WeightReader reader, OnnxTensor tensor, Action<long> progress, CancellationToken cancellationToken)
    {
        var length = tensor.ByteLength;
        var offset = Reserve(length);
        _copy ??= GC.AllocateUninitializedArray<byte>(1 << 20);
        for (long done = 0; done < length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = _copy.AsSpan(0, (int)Math.Min(_copy.Length, length - done));
            reader.ReadBytes(tensor, done, piece);
            Write(offset + done, piece);
            done += piece.Length;
            progress(piece.Length * 8L / Math.Max(1, tensor.Type.Bits()));
        }

        return offset;
    }

    /// <summary>Gives back what was reserved last.</summary>
    internal void TruncateTo(long length)
    {
        Length = length;
        if (_handle is not null && RandomAccess.GetLength(_handle) > length)
        {
            RandomAccess.SetLength(_handle, length);
        }
    }

    internal void Complete()
    {
        if (_handle is not null && RandomAccess.GetLength(_handle) < Length)
        {
            RandomAccess.SetLength(_handle, Length);
        }
    }

    public void Dispose() => _handle?.Dispose();
}
