using System.Numerics;
using System.Runtime.InteropServices;

namespace SlmOps.Packaging.Deltas;

/// <summary>
/// Element-wise subtraction of weights that changed a little: the result is mostly zeros and small numbers, which
/// compress where the bytes themselves do not. All arithmetic wraps, so adding gives back the exact bytes.
/// </summary>
internal static class TypedDifference
{
    internal static void Subtract8(ReadOnlySpan<byte> target, ReadOnlySpan<byte> basis, Span<byte> difference)
    {
        var t = Wide(target);
        var b = Wide(basis);
        var d = Wide(difference);
        for (var index = 0; index < d.Length; index++)
        {
            d[index] = t[index] - b[index];
        }

        for (var index = d.Length * Vector<byte>.Count; index < difference.Length; index++)
        {
            difference[index] = (byte)(target[index] - basis[index]);
        }
    }

    internal static void Add8(ReadOnlySpan<byte> basis, ReadOnlySpan<byte> difference, Span<byte> target)
    {
        var t = Wide(target);
        var b = Wide(basis);
        var d = Wide(difference);
        for (var index = 0; index < t.Length; index++)
        {
            t[index] = b[index] + d[index];
        }

        for (var index = t.Length * Vector<byte>.Count; index < target.Length; index++)
        {
            target[index] = (byte)(basis[index] + difference[index]);
        }
    }

    /// <summary>Two numbers of 4 bits a byte.</summary>
    internal static void Subtract4(ReadOnlySpan<byte> target, ReadOnlySpan<byte> basis, Span<byte> difference)
    {
        var t = Wide(target);
        var b = Wide(basis);
        var d = Wide(difference);
        var (low, high) = (new Vector<byte>(0x0F), new Vector<byte>(0xF0));
        for (var index = 0; index < d.Length; index++)
        {
            d[index] = ((t[index] - b[index]) & low) | (((t[index] & high) - (b[index] & high)) & high);
        }

        for (var index = d.Length * Vector<byte>.Count; index < difference.Length; index++)
        {
            var (one, two) = (target[index], basis[index]);
            difference[index] = (byte)(((one - two) & 0x0F) | (((one & 0xF0) - (two & 0xF0)) & 0xF0));
        }
    }

    /// <summary>Two numbers of 4 bits a byte.</summary>
    internal static void Add4(ReadOnlySpan<byte> basis, ReadOnlySpan<byte> difference, Span<byte> target)
    {
        var t = Wide(target);
        var b = Wide(basis);
        var d = Wide(difference);
        var (low, high) = (new Vector<byte>(0x0F), new Vector<byte>(0xF0));
        for (var index = 0; index < t.Length; index++)
        {
            t[index] = ((b[index] + d[index]) & low) | (((b[index] & high) + (d[index] & high)) & high);
        }

        for (var index = t.Length * Vector<byte>.Count; index < target.Length; index++)
        {
            var (one, two) = (basis[index], difference[index]);
            target[index] = (byte)(((one + two) & 0x0F) | (((one & 0xF0) + (two & 0xF0)) & 0xF0));
        }
    }

    /// <summary>Little-endian numbers of 16 bits; first all low bytes of the difference, then all high ones.</summary>
    internal static void Subtract16(ReadOnlySpan<byte> target, ReadOnlySpan<byte> basis, Span<byte> difference)
    {
        var half = target.Length / 2;
        for (var index = 0; index < half; index++)
        {
            var value = (target[2 * index] | (target[(2 * index) + 1] << 8)) - (basis[2 * index] | (basis[(2 * index) + 1] << 8));
            difference[index] = (byte)value;
            difference[half + index] = (byte)(value >> 8);
        }
    }

    /// <summary>The reverse of <see cref="Subtract16"/>.</summary>
    internal static void Add16(ReadOnlySpan<byte> basis, ReadOnlySpan<byte> difference, Span<byte> target)
    {
        var half = target.Length / 2;
        for (var index = 0; index < half; index++)
        {
            var value = (basis[2 * index] | (basis[(2 * index) + 1] << 8)) + (difference[index] | (difference[half + index] << 8));
            target[2 * index] = (byte)value;
            target[(2 * index) + 1] = (byte)(value >> 8);
        }
    }

    private static ReadOnlySpan<Vector<byte>> Wide(ReadOnlySpan<byte> bytes) => MemoryMarshal.Cast<byte, Vector<byte>>(bytes);

    private static Span<Vector<byte>> Wide(Span<byte> bytes) => MemoryMarshal.Cast<byte, Vector<byte>>(bytes);
}
