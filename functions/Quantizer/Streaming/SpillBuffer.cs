using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace SlmOps.Quantizer.Streaming;

/// <summary>
/// Holds a tensor that is made in pieces while another one is being written: in memory while it is small, else in a
/// temporary file that the system deletes with its handle.
/// </summary>
internal sealed class SpillBuffer : IDisposable
{
    private const int MemoryBytes = 4 << 20;
    private readonly long _length;
    private byte[]? _memory;
    private readonly SafeFileHandle? _file;

    internal SpillBuffer(long length)
    {
        _length = length;
        if (length <= MemoryBytes)
        {
            // Pooled: garbage of this size would lie in memory until the next full collection.
            _memory = ArrayPool<byte>.Shared.Rent((int)length);
        }
        else
        {
            _file = File.OpenHandle(
                Path.Combine(Path.GetTempPath(), $"slmops-{Guid.NewGuid():N}.tensor"),
                FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        }
    }

    internal void Write(long at, ReadOnlySpan<byte> bytes)
    {
        if (_file is null)
        {
            bytes.CopyTo(_memory.AsSpan((int)at));
        }
        else
        {
            RandomAccess.Write(_file, bytes, at);
        }
    }

    internal void CopyTo(Stream stream, byte[] buffer)
    {
        if (_file is null)
        {
            stream.Write(_memory.AsSpan(0, (int)_length));
            return;
        }

        for (long done = 0; done < _length;)
        {
            var read = RandomAccess.Read(_file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, _length - done)), done);
            if (read == 0)
            {
                throw new IOException("A temporary file became shorter while it was used.");
            }

            stream.Write(buffer, 0, read);
            done += read;
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        if (_memory is { } rented)
        {
            _memory = null;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
