namespace SlmOps.Quantizer.Wire;

/// <summary>A piece of the mapped model file. A protobuf message is at most 2 GiB, so 32 bits are enough.</summary>
internal readonly record struct ByteRange(int Start, int Length)
{
    internal int End => Start + Length;
}
