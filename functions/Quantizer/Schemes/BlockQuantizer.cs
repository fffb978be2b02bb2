using System.Runtime.Intrinsics;

namespace SlmOps.Quantizer.Schemes;

/// <summary>Columns of a matrix in memory: K rows of Columns values, or the transpose of that.</summary>
internal readonly record struct MatrixSlice(float[] Values, int K, int Columns, bool Transposed);

/// <summary>Where the codes, scales and zero points of a slice go; one row for each column of the matrix.</summary>
internal sealed record BlockOutput(byte[] Codes, byte[] Scales, byte[] ZeroPoints);

/// <summary>What is known about the inputs of a weight: nothing, the size of each channel, or how they go together.</summary>
internal readonly record struct RowWeights(float[]? Importance, ErrorFeedback? Feedback);

/// <summary>Quantizes a slice, strips of columns in parallel; a strip's result depends on nothing but its values.</summary>
internal static unsafe class BlockQuantizer
{
    private const int Lanes = BlockFit.Lanes;
    private const int Strip = 64;

    internal static BlockError Quantize(
        MatrixSlice slice, BlockScheme scheme, RowWeights weights, BlockOutput output, int threads, CancellationToken cancellationToken)
    {
        var strips = (slice.Columns + Strip - 1) / Strip;
        var errors = new BlockError[strips];
        Parallel.For(0, strips, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken }, strip =>
        {
            fixed (float* values = slice.Values, importance = weights.Importance)
            {
                var (first, columns) = (strip * Strip, Math.Min(Strip, slice.Columns - (strip * Strip)));
                errors[strip] = weights.Feedback is { } feedback
                    ? QuantizeWithFeedback(slice, values, scheme, feedback, output, first, columns)
                    : QuantizeStrip(slice, values, scheme, importance, output, first, columns);
            }
        });
        var total = new BlockError(0, 0, true);
        foreach (var error in errors)
        {
            total += error;
        }

        return total;
    }

    private static BlockError QuantizeStrip(
        MatrixSlice slice, float* values, BlockScheme scheme, float* importance, BlockOutput output, int firstColumn, int columns)
    {
        var size = scheme.BlockSize;
        var blocks = scheme.Blocks(slice.K);
        var rowBytes = blocks * scheme.BlobBytes;
        var zeroRow = scheme.Symmetric ? 0 : scheme.ZeroPointRowBytes(slice.K);
        var block = stackalloc float[size * Lanes];
        var codes = stackalloc uint[size * scheme.Bits / 32 * Lanes];
        var rowWeights = stackalloc float[size];
        var accumulator = new ErrorSums();
        for (var b = 0; b < blocks; b++)
        {
            var rows = Math.Min(size, slice.K - (b * size));
            float* blockImportance = null;
            if (importance != null)
            {
                new Span<float>(rowWeights, size).Clear();
                new ReadOnlySpan<float>(importance + (b * size), rows).CopyTo(new Span<float>(rowWeights, size));
                blockImportance = rowWeights;
            }

            for (var c = 0; c < columns; c += Lanes)
            {
                var column = firstColumn + c;
                var lanes = Math.Min(Lanes, columns - c);
                Load(slice, values, b * size, rows, size, column, lanes, block);
                BlockFit.Fit(block, size, blockImportance, scheme, out var scale, out var zero);
                scale = StoredScale(scale, scheme);
                Encode(block, size, scheme.Bits, scale, zero, codes, ref accumulator);
                Store(output, scheme, codes, scale, zero, column, lanes, b, blocks, rowBytes, zeroRow);
            }
        }

        return accumulator.Total;
    }

    private static BlockError QuantizeWithFeedback(
        MatrixSlice slice, float* values, BlockScheme scheme, ErrorFeedback feedback, BlockOutput output, int firstColumn, int columns)
    {
        var size = scheme.BlockSize;
        var blocks = scheme.Blocks(slice.K);
        var rowBytes = blocks * scheme.BlobBytes;
        var zeroRow = scheme.Symmetric ? 0 : scheme.ZeroPointRowBytes(slice.K);
        var codes = stackalloc uint[size * scheme.Bits / 32 * Lanes];
        var original = new float[blocks * size * Lanes];
        var working = new float[blocks * size * Lanes];
        var importance = new float[blocks * size];
        feedback.Importance.CopyTo(importance, 0);
        var sums = new ErrorSums();
        var unused = new ErrorSums();
        fixed (float* before = original, column = working, rowWeights = importance)
        {
            for (var c = 0; c < columns; c += Lanes)
            {
                var lanes = Math.Min(Lanes, columns - c);
                Load(slice, values, 0, slice.K, blocks * size, firstColumn + c, lanes, before);
                original.CopyTo(working, 0);
                for (var b = 0; b < blocks; b++)
                {
                    var first = b * size;
                    var rows = Math.Min(size, slice.K - first);
                    var block = column + (first * Lanes);
                    BlockFit.Fit(block, size, rowWeights + first, scheme, out var scale, out var zero);
                    scale = StoredScale(scale, scheme);
                    FeedbackQuantizer.Round(column, first, rows, feedback, scheme.Levels, scale, zero);
                    Encode(block, size, scheme.Bits, scale, zero, codes, ref unused);
                    Store(output, scheme, codes, scale, zero, firstColumn + c, lanes, b, blocks, rowBytes, zeroRow);
                }

                sums.AddAll(original.AsSpan(0, slice.K * Lanes), working.AsSpan(0, slice.K * Lanes));
            }
        }

        return sums.Total;
    }

    private static void Load(MatrixSlice slice, float* values, int firstRow, int rows, int size, int column, int lanes, float* block)
    {
        if (!slice.Transposed && lanes == Lanes)
        {
            var from = values + ((long)firstRow * slice.Columns) + column;
            for (var r = 0; r < rows; r++, from += slice.Columns)
            {
                Vector256.Load(from).Store(block + (r * Lanes));
            }
        }
        else
        {
            new Span<float>(block, rows * Lanes).Clear();
            for (var lane = 0; lane < lanes; lane++)
            {
                var step = slice.Transposed ? 1 : slice.Columns;
                var from = slice.Transposed
                    ? values + ((long)(column + lane) * slice.K) + firstRow
                    : values + ((long)firstRow * slice.Columns) + column + lane;
                for (var r = 0; r < rows; r++)
                {
                    block[(r * Lanes) + lane] = from[(long)r * step];
                }
            }
        }

        new Span<float>(block + (rows * Lanes), (size - rows) * Lanes).Clear();
    }

    private static Vector256<float> StoredScale(Vector256<float> scale, BlockScheme scheme)
    {
        if (scheme.ScaleBytes == 4)
        {
            return scale;
        }

        Span<float> lanes = stackalloc float[Lanes];
        scale.CopyTo(lanes);
        for (var i = 0; i < Lanes; i++)
        {
            lanes[i] = (float)(Half)lanes[i];
        }

        return Vector256.Create<float>(lanes);
    }

    private static void Encode(
        float* block, int rows, int bits, Vector256<float> scale, Vector256<float> zero, uint* codes, ref ErrorSums sums)
    {
        var inverse = BlockFit.Inverse(scale);
        var least = Vector256<float>.Zero - zero;
        var most = Vector256.Create((float)((1 << bits) - 1)) - zero;
        var perWord = 32 / bits;
        for (var word = 0; word < rows / perWord; word++)
        {
            var packed = Vector256<int>.Zero;
            for (var i = 0; i < perWord; i++)
            {
                var w = Vector256.Load(block + (((word * perWord) + i) * Lanes));
                var d = BlockFit.Clamp(Vector256.Round(w * inverse), least, most);
                sums.Add(w, w - (d * scale));
                packed |= Vector256.ShiftLeft(Vector256.ConvertToInt32(d + zero), i * bits);
            }

            packed.AsUInt32().Store(codes + (word * Lanes));
        }
    }

    private static void Store(
        BlockOutput output, BlockScheme scheme, uint* codes, Vector256<float> scale, Vector256<float> zero,
        int column, int lanes, int b, int blocks, int rowBytes, int zeroRow)
    {
        var words = scheme.BlobBytes / 4;
        fixed (byte* to = output.Codes, scales = output.Scales, zeros = output.ZeroPoints)
        {
            for (var lane = 0; lane < lanes; lane++)
            {
                var row = (long)column + lane;
                var blob = (uint*)(to + (row * rowBytes) + ((long)b * scheme.BlobBytes));
                for (var word = 0; word < words; word++)
                {
                    blob[word] = codes[(word * Lanes) + lane];
                }

                if (scheme.ScaleBytes == 4)
                {
                    ((float*)scales)[(row * blocks) + b] = scale.GetElement(lane);
                }
                else
                {
                    ((Half*)scales)[(row * blocks) + b] = (Half)scale.GetElement(lane);
                }

                if (zeroRow > 0)
                {
                    // A row ends in a half-used byte when its blocks are odd in number; the spare half stays zero.
                    var bit = b * scheme.Bits;
                    var value = (int)zero.GetElement(lane) << (bit & 7);
                    var at = zeros + (row * zeroRow) + (bit >> 3);
                    *at = (byte)((bit & 7) == 0 ? value : *at | value);
                }
            }
        }
    }
}
