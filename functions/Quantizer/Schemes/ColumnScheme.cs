namespace SlmOps.Quantizer.Schemes;

/// <summary>
/// 8-bit weights with one scale for each column, as MatMulInteger reads them; zero is exactly zero. Unsigned codes around
/// 128 are right on every processor. Signed ones are faster where the processor has VNNI or dot products, but with AVX2
/// alone pairs of products saturate in 16 bits, unless the range is reduced to 7 bits.
/// </summary>
internal sealed record ColumnScheme(bool Unsigned, bool ReduceRange) : WeightScheme
{
    internal const byte ZeroPoint = 128;

    internal int Most => ReduceRange ? 63 : 127;

    internal static long TotalBytes(int k, int n) => ((long)k * n) + (4L * n);
}

/// <summary>Stored as float16 and cast to float32 where it is used.</summary>
internal sealed record HalfScheme : WeightScheme;

/// <summary>Some values set to zero, the rest and the type unchanged.</summary>
internal sealed record PruneScheme(bool TwoOfFour) : WeightScheme
{
    internal string Text => TwoOfFour ? "pruned-2-of-4" : "pruned";
}
