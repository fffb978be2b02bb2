using System.Runtime.Intrinsics;

namespace SlmOps.Quantizer.Schemes;

/// <summary>Quantizes whole columns to int8, eight at a time; codes come out as K rows of Columns values.</summary>
internal static unsafe class ColumnQuantizer
{
    private const int Lanes = BlockFit.Lanes;
    private const int Strip = 64;

    internal static BlockError Quantize(
        MatrixSlice slice, ColumnScheme scheme, byte[] codes, float[] scales, int threads, CancellationToken cancellationToken)
    {
        var strips = (slice.Columns + Strip - 1) / Strip;
        var errors = new BlockError[strips];
        Parallel.For(0, strips, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken }, strip =>
        {
            fixed (float* values = slice.Values)
            fixed (byte* output = codes)
            {
                var (first, count) = (strip * Strip, Math.Min(Strip, slice.Columns - (strip * Strip)));
                errors[strip] = QuantizeStrip(slice, values, scheme, output, scales, first, count);
            }
        });
        return errors.Aggregate(new BlockError(0, 0, true), (a, b) => a + b);
    }

    private static BlockError QuantizeStrip(
        MatrixSlice slice, float* values, ColumnScheme scheme, byte* codes, float[] scales, int first, int columns)
    {
        var sums = new ErrorSums();
        Span<int> lane = stackalloc int[Lanes];
        for (var c = first; c < first + columns; c += Lanes)
        {
            var lanes = Math.Min(Lanes, first + columns - c);
            var most = Vector256<float>.Zero;
            for (var k = 0; k < slice.K; k++)
            {
                var magnitude = Vector256.Abs(Row(slice, values, k, c, lanes));
                most = Vector256.ConditionalSelect(Vector256.GreaterThan(magnitude, most), magnitude, most);
            }

            var offset = Vector256.Create(scheme.Unsigned ? ColumnScheme.ZeroPoint : 0);
            var limit = Vector256.Create((float)scheme.Most);
            var scale = most / limit;
            var inverse = BlockFit.Inverse(scale);
            scale = Vector256.ConditionalSelect(Vector256.Equals(inverse, Vector256<float>.Zero), Vector256<float>.Zero, scale);
            for (var i = 0; i < lanes; i++)
            {
                scales[c + i] = scale.GetElement(i);
            }

            for (var k = 0; k < slice.K; k++)
            {
                var w = Row(slice, values, k, c, lanes);
                var q = BlockFit.Clamp(Vector256.Round(w * inverse), Vector256<float>.Zero - limit, limit);
                sums.Add(w, w - (q * scale));
                (Vector256.ConvertToInt32(q) + offset).CopyTo(lane);
                for (var i = 0; i < lanes; i++)
                {
                    codes[((long)k * slice.Columns) + c + i] = (byte)lane[i];
                }
            }
        }

        return sums.Total;
    }

    private static Vector256<float> Row(MatrixSlice slice, float* values, int k, int column, int lanes)
    {
        if (!slice.Transposed && lanes == Lanes)
        {
            return Vector256.Load(values + ((long)k * slice.Columns) + column);
        }

        Span<float> row = stackalloc float[Lanes];
        row.Clear();
        for (var i = 0; i < lanes; i++)
        {
            row[i] = slice.Transposed ? values[((long)(column + i) * slice.K) + k] : values[((long)k * slice.Columns) + column + i];
        }

        return Vector256.Create<float>(row);
    }
}
