using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Schemes;

/// <summary>Block-wise unsigned codes as MatMulNBits and GatherBlockQuantized read them: w = (q − zp) · scale.</summary>
internal sealed record BlockScheme(int Bits, int BlockSize, bool Symmetric, bool Search, ElementType ScaleType) : WeightScheme
{
    // MatMulNBits: inputs may be rounded to 8 bits. Without it 8-bit weights are expanded again at every call.
    internal const int RoundedInputs = 4;

    /// <summary>The least that a product's computation must be exact to, as MatMulNBits has it.</summary>
    internal int AccuracyLevel { get; init; } = RoundedInputs;

    internal int Levels => (1 << Bits) - 1;

    internal int DefaultZeroPoint => 1 << (Bits - 1);

    internal int BlobBytes => BlockSize * Bits / 8;

    internal int Blocks(int k) => (k + BlockSize - 1) / BlockSize;

    internal int ScaleBytes => ScaleType == ElementType.Float ? 4 : 2;

    internal int ZeroPointRowBytes(int k) => (Blocks(k) * Bits + 7) / 8;

    internal long CodeBytes(int k, int n) => (long)n * Blocks(k) * BlobBytes;

    internal long ScalesBytes(int k, int n) => (long)n * Blocks(k) * ScaleBytes;

    internal long ZeroPointBytes(int k, int n) => Symmetric ? 0 : (long)n * ZeroPointRowBytes(k);

    internal long TotalBytes(int k, int n) => CodeBytes(k, n) + ScalesBytes(k, n) + ZeroPointBytes(k, n);

    internal string Text => Symmetric ? "block-symmetric" : "block-asymmetric";
}
