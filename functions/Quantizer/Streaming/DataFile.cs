using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Streaming;

/// <summary>
/// The external data file of the output. Tensors lie in the order in which they were announced, and the file is written
/// from its first byte to its last: a tensor whose turn has not come waits in a <see cref="SpillBuffer"/>.
/// </summary>
internal sealed class DataFile(IModelSink sink, string name) : IDisposable
{
    private const int Page = 4096;
    private const int Line = 64;
    private static readonly byte[] Padding = new byte[Page];

    private readonly Queue<DataSlot> _waiting = [];
    private (string Origin, string? Consumer) _owner = ("", null);
    private HashedFile? _file;
    private byte[]? _copy;

    /// <summary>Tells whose tensors are announced from now on.</summary>
    internal void Of(string origin, string? consumer) => _owner = (origin, consumer);

    /// <summary>A place for a tensor, after all those that were announced before.</summary>
    /// <param name="length">Its bytes.</param>
    /// <param name="inOrder">True when its bytes will come from the first to the last.</param>
    internal DataSlot Announce(long length, bool inOrder)
    {
        var slot = new DataSlot(this, _owner, length, inOrder);
        _waiting.Enqueue(slot);
        return slot;
    }

    /// <summary>Copies a tensor's bytes as they are and returns where they lie now.</summary>
    internal long Copy(WeightReader reader, OnnxTensor tensor, Action<long> progress, CancellationToken cancellationToken)
    {
        var slot = Announce(tensor.ByteLength, inOrder: true);
        var buffer = Buffer();
        for (long done = 0; done < slot.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = buffer.AsSpan(0, (int)Math.Min(buffer.Length, slot.Length - done));
            reader.ReadBytes(tensor, done, piece);
            slot.Put(piece, done);
            done += piece.Length;
            progress(piece.Length * 8L / Math.Max(1, tensor.Type.Bits()));
        }

        Advance();
        return slot.Offset;
    }

    /// <summary>The finished file, or null when no tensor lies outside the graph.</summary>
    internal OutputFile? Complete()
    {
        Advance();
        return _waiting.Count == 0
            ? _file?.Complete()
            : throw new InvalidOperationException($"{_waiting.Count} announced tensors were not written.");
    }

    public void Dispose()
    {
        foreach (var slot in _waiting)
        {
            slot.Dispose();
        }

        _file?.Dispose();
    }

    internal bool IsNext(DataSlot slot) => _waiting.TryPeek(out var next) && next == slot;

    /// <summary>Starts a tensor: on a page for what a runtime maps by itself, on a cache line for the rest.</summary>
    internal long Begin((string Origin, string? Consumer) owner, long length)
    {
        _file ??= new HashedFile(sink, name);
        var alignment = length >= 1 << 20 ? Page : Line;
        _file.Write(Padding.AsSpan(0, (int)((alignment - (_file.Length % alignment)) % alignment)));
        sink.Begin(name, new(owner.Origin, owner.Consumer, _file.Length, length));
        return _file.Length;
    }

    internal void Append(ReadOnlySpan<byte> bytes) => _file!.Write(bytes);

    internal void Append(SpillBuffer spill) => spill.CopyTo(_file!, Buffer());

    /// <summary>Writes what is complete and whose turn it is.</summary>
    internal void Advance()
    {
        while (_waiting.TryPeek(out var next) && next.IsComplete)
        {
            next.Flush();
            _waiting.Dequeue();
        }
    }

    private byte[] Buffer() => _copy ??= GC.AllocateUninitializedArray<byte>(1 << 20);
}
