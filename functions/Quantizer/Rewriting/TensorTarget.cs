using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Room in the data file, or an array for tensors that stay in the graph.</summary>
internal sealed class TensorTarget
{
    private const int InlineBytes = 1024;
    private readonly DataFile? _data;

    internal TensorTarget(long length, bool inline, DataFile data)
    {
        Length = length;
        if (inline || length < InlineBytes)
        {
            Bytes = new byte[length];
        }
        else
        {
            _data = data;
            Offset = data.Reserve(length);
        }
    }

    private TensorTarget(byte[] bytes) => (Bytes, Length) = (bytes, bytes.Length);

    internal static TensorTarget Of(byte[] bytes) => new(bytes);

    internal byte[]? Bytes { get; }

    internal long Offset { get; }

    internal long Length { get; }

    internal void Put(ReadOnlySpan<byte> bytes, long at)
    {
        if (_data is null)
        {
            bytes.CopyTo(Bytes.AsSpan((int)at));
        }
        else
        {
            _data.Write(Offset + at, bytes);
        }
    }

    internal StoredTensor Tensor(string name, ElementType type, params long[] dims) => new(name, type, dims, Bytes, Offset, Length);
}
