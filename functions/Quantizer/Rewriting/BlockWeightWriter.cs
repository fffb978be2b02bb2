using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Quantizes one weight slice by slice, straight into the data file.</summary>
internal sealed class BlockWeightWriter(WeightReader reader, DataFile data, int threads)
{
    private float[] _values = [];
    private byte[] _codes = [];
    private byte[] _scales = [];
    private byte[] _zeros = [];

    internal BlockError Write(
        PlannedWeight weight, BlockScheme scheme, bool inline, RowWeights weights, PruneMask? mask, out BlockTensors tensors, Action<long> progress,
        CancellationToken cancellationToken)
    {
        var (k, n) = (weight.View.K, weight.View.N);
        var codes = new TensorTarget(scheme.CodeBytes(k, n), inline, data);
        var scales = new TensorTarget(scheme.ScalesBytes(k, n), inline, data);
        var zeros = new TensorTarget(scheme.ZeroPointBytes(k, n), inline, data);
        var error = new BlockError(0, 0, true);
        var step = SliceBuffer.Columns(k, n);
        for (var first = 0; first < n; first += step)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var columns = Math.Min(step, n - first);
            error += Slice(weight.View, scheme, weights, mask, first, columns, cancellationToken);
            codes.Put(_codes.AsSpan(0, (int)scheme.CodeBytes(k, columns)), scheme.CodeBytes(k, first));
            scales.Put(_scales.AsSpan(0, (int)scheme.ScalesBytes(k, columns)), scheme.ScalesBytes(k, first));
            zeros.Put(_zeros.AsSpan(0, (int)scheme.ZeroPointBytes(k, columns)), scheme.ZeroPointBytes(k, first));
            progress((long)k * columns);
        }

        tensors = new BlockTensors(codes, scales, scheme.Symmetric ? null : zeros);
        return error;
    }

    /// <summary>Error of a scheme over one of every so many strips of 64 columns, nothing written: enough to choose by.</summary>
    internal BlockError Sample(WeightView view, BlockScheme scheme, RowWeights weights, PruneMask? mask, int every, CancellationToken cancellationToken)
    {
        const int Strip = 64;
        var error = new BlockError(0, 0, true);
        for (var first = 0; first < view.N; first += every * Strip)
        {
            error += Slice(view, scheme, weights, mask, first, Math.Min(Strip, view.N - first), cancellationToken);
        }

        // Strips of zeros, such as rows of a vocabulary that was never used, say nothing about the rest.
        return error.Norm > 0 || every == 1 ? error : Sample(view, scheme, weights, mask, 1, cancellationToken);
    }

    private BlockError Slice(WeightView view, BlockScheme scheme, RowWeights weights, PruneMask? mask, int first, int columns, CancellationToken cancellationToken)
    {
        SliceBuffer.Grow(ref _values, (long)view.K * columns);
        SliceBuffer.Grow(ref _codes, scheme.CodeBytes(view.K, columns));
        SliceBuffer.Grow(ref _scales, scheme.ScalesBytes(view.K, columns));
        SliceBuffer.Grow(ref _zeros, scheme.ZeroPointBytes(view.K, columns));
        reader.ReadColumns(view, first, columns, _values);
        mask?.Apply(_values.AsSpan(0, view.K * columns), view.Transposed ? view.K : columns, view.Transposed);
        return BlockQuantizer.Quantize(
            new MatrixSlice(_values, view.K, columns, view.Transposed), scheme, weights,
            new BlockOutput(_codes, _scales, _zeros), threads, cancellationToken);
    }
}

/// <summary>The stored parts of a block-quantized weight.</summary>
internal sealed record BlockTensors(TensorTarget Codes, TensorTarget Scales, TensorTarget? ZeroPoints);
