namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>What MatMulNBits makes of its stored parts, in float64: codes [N, blocks, bytes], low bits first.</summary>
internal static class BlockCodes
{
    /// <summary>K × N values in row order.</summary>
    internal static double[] Expand(byte[] codes, float[] scales, byte[]? zeros, int k, int n, int bits, int size)
    {
        var blocks = (k + size - 1) / size;
        var zeroRow = ((blocks * bits) + 7) / 8;
        int Code(byte[] from, long at) => bits == 8 ? from[at] : (from[at / 2] >> (int)(at % 2 * 4)) & 0xF;
        var values = new double[k * n];
        for (var column = 0; column < n; column++)
        {
            for (var row = 0; row < k; row++)
            {
                var block = row / size;
                var zero = zeros is null ? 1 << (bits - 1) : Code(zeros, ((long)column * zeroRow * 8 / bits) + block);
                var code = Code(codes, ((((long)column * blocks) + block) * size) + (row % size));
                values[(row * n) + column] = (code - zero) * (double)scales[(column * blocks) + block];
            }
        }

        return values;
    }
}
