using System.Buffers.Binary;
using SlmOps.Packaging.Format;

namespace SlmOps.Packaging.Deltas;

/// <summary>How a frame gives its bytes.</summary>
internal enum DeltaOp : byte
{
    /// <summary>From the base, unchanged.</summary>
    Copy = 0,

    /// <summary>From the delta, as they are.</summary>
    Raw = 1,

    /// <summary>From the delta, compressed.</summary>
    Zstd = 2,

    /// <summary>The base plus a compressed difference of 8-bit numbers.</summary>
    Sub8 = 3,

    /// <summary>The base plus a compressed difference of 4-bit numbers.</summary>
    Sub4 = 4,

    /// <summary>The base plus a compressed difference of 16-bit numbers.</summary>
    Sub16 = 5,
}

/// <summary>
/// Head of a frame, 24 bytes, little-endian: op (1), zero (1), base file (2), payload bytes (4), base offset (8),
/// output bytes (8). Frames give the output from its first byte to its last, without gaps.
/// </summary>
/// <param name="Op">How it gives its bytes.</param>
/// <param name="BaseFile">Index of a file in the base's manifest.</param>
/// <param name="PayloadLength">Bytes that follow the head.</param>
/// <param name="BaseOffset">Offset in the base file.</param>
/// <param name="Length">Bytes of output; at most <see cref="MaxLength"/> for every op but copy.</param>
internal readonly record struct DeltaFrame(DeltaOp Op, ushort BaseFile, uint PayloadLength, long BaseOffset, long Length)
{
    internal const int HeadBytes = 24;
    internal const int MaxLength = 4 << 20;

    /// <summary>What a payload can be at most: a frame that does not compress is sent raw.</summary>
    internal const int MaxPayload = MaxLength;

    internal static ReadOnlySpan<byte> Magic => "SLMDELT1"u8;

    internal bool UsesBase => Op is DeltaOp.Copy or DeltaOp.Sub8 or DeltaOp.Sub4 or DeltaOp.Sub16;

    internal void Write(Span<byte> head)
    {
        head[..2].Clear();
        head[0] = (byte)Op;
        BinaryPrimitives.WriteUInt16LittleEndian(head[2..], BaseFile);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], PayloadLength);
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], BaseOffset);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], Length);
    }

    /// <exception cref="PackageFormatException">With <c>bad-frame</c> for anything that no writer makes.</exception>
    internal static DeltaFrame Read(ReadOnlySpan<byte> head)
    {
        var frame = new DeltaFrame(
            (DeltaOp)head[0],
            BinaryPrimitives.ReadUInt16LittleEndian(head[2..]),
            BinaryPrimitives.ReadUInt32LittleEndian(head[4..]),
            BinaryPrimitives.ReadInt64LittleEndian(head[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(head[16..]));
        var sound = head[1] == 0 && frame.Length > 0 && frame.BaseOffset >= 0 && frame.Op switch
        {
            DeltaOp.Copy => frame.PayloadLength == 0 && frame.Length <= Limits.FileBytes,
            DeltaOp.Raw => frame.PayloadLength == frame.Length && frame.Length <= MaxLength,
            DeltaOp.Sub16 => frame.PayloadLength <= MaxPayload && frame.Length <= MaxLength && frame.Length % 2 == 0,
            DeltaOp.Zstd or DeltaOp.Sub8 or DeltaOp.Sub4 => frame.PayloadLength <= MaxPayload && frame.Length <= MaxLength,
            _ => false,
        };
        return sound ? frame : throw new PackageFormatException("bad-frame", $"The delta has a frame that cannot be: {frame}.");
    }
}
