using System.Runtime.InteropServices;
using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Writes one weight as K rows of N signed bytes and N scales.</summary>
internal sealed class ColumnWeightWriter(WeightReader reader, DataFile data, int threads)
{
    private float[] _values = [];
    private byte[] _codes = [];
    private float[] _scales = [];

    internal BlockError Write(
        WeightView view, ColumnScheme scheme, bool inline, PruneMask? mask, out TensorTarget codes, out TensorTarget scales,
        Action<long> progress, CancellationToken cancellationToken)
    {
        var (k, n) = (view.K, view.N);
        var step = SliceBuffer.Columns(k, n);
        codes = new TensorTarget((long)k * n, inline, data, inOrder: step == n);
        scales = new TensorTarget(4L * n, inline, data);
        var error = new BlockError(0, 0, true);
        for (var first = 0; first < n; first += step)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var columns = Math.Min(step, n - first);
            SliceBuffer.Grow(ref _values, (long)k * columns);
            SliceBuffer.Grow(ref _codes, (long)k * columns);
            SliceBuffer.Grow(ref _scales, columns);
            reader.ReadColumns(view, first, columns, _values);
            mask?.Apply(_values.AsSpan(0, k * columns), view.Transposed ? k : columns, view.Transposed);
            error += ColumnQuantizer.Quantize(
                new MatrixSlice(_values, k, columns, view.Transposed),
                scheme,
                _codes,
                _scales,
                threads,
                cancellationToken);
            PutRows(codes, k, n, first, columns);
            scales.Put(MemoryMarshal.AsBytes(_scales.AsSpan(0, columns)), 4L * first);
            progress((long)k * columns);
        }

        return error;
    }

    private void PutRows(TensorTarget codes, int k, int n, int first, int columns)
    {
        var bytes = _codes.AsSpan(0, k * columns);
        if (columns == n)
        {
            codes.Put(bytes, 0);
            return;
        }

        for (var row = 0; row < k; row++)
        {
            codes.Put(bytes.Slice(row * columns, columns), ((long)row * n) + first);
        }
    }
}
