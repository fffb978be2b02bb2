using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Refinement;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Writes weights value by value, in the order they are stored: as half, or with some values set to zero.</summary>
internal sealed class ElementWriter(WeightReader reader, DataFile data)
{
    private const int Piece = 1 << 20;
    private float[] _values = [];
    private float[] _changed = [];
    private Half[] _half = [];
    private ushort[] _words = [];

    /// <summary>Stores float32 as float16. Infinities are held exactly and count as no error where they mean something.</summary>
    internal BlockError StoreHalf(
        OnnxTensor tensor,
        bool inline,
        bool mayBeInfinite,
        out TensorTarget target,
        Action<long> progress,
        CancellationToken cancellationToken)
    {
        target = new TensorTarget(tensor.Elements * 2, inline, data);
        var sums = default(ErrorSums);
        for (long done = 0; done < tensor.Elements;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(Piece, tensor.Elements - done);
            SliceBuffer.Grow(ref _values, Piece);
            SliceBuffer.Grow(ref _changed, Piece);
            SliceBuffer.Grow(ref _half, Piece);
            var values = _values.AsSpan(0, count);
            var half = _half.AsSpan(0, count);
            var back = _changed.AsSpan(0, count);
            reader.ReadFloats(tensor, done, values);
            TensorPrimitives.ConvertToHalf(values, half);
            TensorPrimitives.ConvertToSingle(half, back);
            if (mayBeInfinite)
            {
                HalfRange.DropInfinities(values, back);
            }

            sums.AddAll(values, back);
            target.Put(MemoryMarshal.AsBytes(half), done * 2);
            done += count;
            progress(count);
        }

        return sums.Total;
    }

    /// <summary>Writes the weight in its own type with the mask's zeros.</summary>
    internal PruneResult Prune(
        WeightView view, PruneMask mask, bool inline, out TensorTarget target, Action<long> progress, CancellationToken cancellationToken)
    {
        var tensor = view.Tensor;
        target = new TensorTarget(tensor.ByteLength, inline, data);
        var sums = default(ErrorSums);
        var row = view.Transposed ? view.K : view.N;
        // Four rows at a time, so that no group of four along K is cut.
        var step = Math.Max(1, Piece / row / 4) * 4 * row;
        var size = tensor.Type.Bits() / 8;
        using var before = new CompressedSize();
        using var after = new CompressedSize();
        long zeros = 0;
        for (long done = 0; done < tensor.Elements;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(step, tensor.Elements - done);
            SliceBuffer.Grow(ref _values, step);
            SliceBuffer.Grow(ref _changed, step);
            var values = _values.AsSpan(0, count);
            var changed = _changed.AsSpan(0, count);
            reader.ReadFloats(tensor, done, values);
            values.CopyTo(changed);
            zeros += mask.Apply(changed, row, view.Transposed);
            sums.AddAll(values, changed);
            before.Add(Stored(values, tensor.Type));
            var bytes = Stored(changed, tensor.Type);
            after.Add(bytes);
            target.Put(bytes, done * size);
            done += count;
            progress(count);
        }

        return new PruneResult(sums.Total, (double)zeros / tensor.Elements, before.Complete(), after.Complete());
    }

    // Every value came from this type or is zero, so nothing is rounded here.
    private ReadOnlySpan<byte> Stored(ReadOnlySpan<float> values, ElementType type)
    {
        switch (type)
        {
            case ElementType.Float:
                return MemoryMarshal.AsBytes(values);
            case ElementType.Float16:
                SliceBuffer.Grow(ref _half, values.Length);
                TensorPrimitives.ConvertToHalf(values, _half);
                return MemoryMarshal.AsBytes(_half.AsSpan(0, values.Length));
            default:
                SliceBuffer.Grow(ref _words, values.Length);
                for (var i = 0; i < values.Length; i++)
                {
                    _words[i] = (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16);
                }

                return MemoryMarshal.AsBytes(_words.AsSpan(0, values.Length));
        }
    }
}

/// <summary>What pruning a weight did.</summary>
internal readonly record struct PruneResult(BlockError Error, double Zeros, long CompressedBefore, long CompressedAfter);
