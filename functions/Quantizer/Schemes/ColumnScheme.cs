namespace SlmOps.Quantizer.Schemes;

/// <summary>Signed 8-bit weights with one scale for each column, as MatMulInteger reads them; zero is exactly zero.</summary>
internal sealed record ColumnScheme(bool ReduceRange) : WeightScheme
{
    internal int Most => ReduceRange ? 63 : 127;

    internal static long TotalBytes(int k, int n) => ((long)k * n) + (4L * n);
}

/// <summary>Stored as float16 and cast to float32 where it is used.</summary>
internal sealed record HalfScheme : WeightScheme;

/// <summary>Some values set to zero, the rest and the type unchanged.</summary>
internal sealed record PruneScheme : WeightScheme;
