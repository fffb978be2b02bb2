using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Schemes;

namespace SlmOps.Quantizer.Streaming;

/// <summary>Reads slices of columns of a weight and quantizes them into buffers that are used again.</summary>
internal sealed class BlockSlices(WeightReader reader, int threads)
{
    private float[] _values = [];
    private byte[] _codes = [];
    private byte[] _scales = [];
    private byte[] _zeros = [];

    internal ReadOnlySpan<byte> Codes => _codes;

    internal ReadOnlySpan<byte> Scales => _scales;

    internal ReadOnlySpan<byte> ZeroPoints => _zeros;

    /// <summary>Leaves codes, scales and zero points of the slice at the start of the buffers.</summary>
    internal BlockError Quantize(
        WeightView view,
        BlockScheme scheme,
        RowWeights weights,
        PruneMask? mask,
        int first,
        int columns,
        CancellationToken cancellationToken)
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

    /// <summary>Error of a scheme over one of every so many strips of 64 columns: enough to choose by.</summary>
    internal BlockError Sample(
        WeightView view,
        BlockScheme scheme,
        RowWeights weights,
        PruneMask? mask,
        int every,
        CancellationToken cancellationToken)
    {
        const int Strip = 64;
        var error = new BlockError(0, 0, true);
        for (var first = 0; first < view.N; first += every * Strip)
        {
            error += Quantize(view, scheme, weights, mask, first, Math.Min(Strip, view.N - first), cancellationToken);
        }

        // Strips of zeros, such as rows of a vocabulary that was never used, say nothing about the rest.
        return error.Norm > 0 || every == 1 ? error : Sample(view, scheme, weights, mask, 1, cancellationToken);
    }
}
