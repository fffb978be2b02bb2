using SlmOps.Quantizer.Refinement;
using SlmOps.Quantizer.Schemes;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Quantizes one weight slice by slice, straight into the data file.</summary>
internal sealed class BlockWeightWriter(BlockSlices slices, DataFile data)
{
    internal BlockError Write(
        RefinedProduct weight,
        BlockScheme scheme,
        bool inline,
        out BlockTensors tensors,
        Action<long> progress,
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
            error += slices.Quantize(weight.View, scheme, weight.Inputs, weight.Mask, first, columns, cancellationToken);
            codes.Put(slices.Codes[..(int)scheme.CodeBytes(k, columns)], scheme.CodeBytes(k, first));
            scales.Put(slices.Scales[..(int)scheme.ScalesBytes(k, columns)], scheme.ScalesBytes(k, first));
            zeros.Put(slices.ZeroPoints[..(int)scheme.ZeroPointBytes(k, columns)], scheme.ZeroPointBytes(k, first));
            progress((long)k * columns);
        }

        tensors = new BlockTensors(codes, scales, scheme.Symmetric ? null : zeros);
        return error;
    }
}

/// <summary>The stored parts of a block-quantized weight.</summary>
internal sealed record BlockTensors(TensorTarget Codes, TensorTarget Scales, TensorTarget? ZeroPoints);
