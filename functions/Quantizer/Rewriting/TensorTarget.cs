using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>A place in the data file, or an array for tensors that stay in the graph.</summary>
internal sealed class TensorTarget
{
    private const int InlineBytes = 1024;
    private readonly DataSlot? _slot;

    internal TensorTarget(long length, bool inline, DataFile data, bool inOrder = true)
    {
        Length = length;
        if (inline || length < InlineBytes)
        {
            Bytes = new byte[length];
        }
        else
        {
            _slot = data.Announce(length, inOrder);
        }
    }

    private TensorTarget(byte[] bytes) => (Bytes, Length) = (bytes, bytes.Length);

    internal static TensorTarget Of(byte[] bytes) => new(bytes);

    internal byte[]? Bytes { get; }

    internal long Length { get; }

    internal void Put(ReadOnlySpan<byte> bytes, long at)
    {
        if (_slot is null)
        {
            bytes.CopyTo(Bytes.AsSpan((int)at));
        }
        else
        {
            _slot.Put(bytes, at);
        }
    }

    /// <summary>The tensor as the graph names it; everything must have been put.</summary>
    internal StoredTensor Tensor(string name, ElementType type, params long[] dims) =>
        new(name, type, dims, Bytes, _slot?.Offset ?? 0, Length);
}
