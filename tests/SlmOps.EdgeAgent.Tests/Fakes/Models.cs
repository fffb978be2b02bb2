using SlmOps.EdgeAgent.Smoke;

namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>Files of variants.</summary>
internal static class Models
{
    /// <summary>y = x + x.</summary>
    internal static byte[] Good => TinyModel.Bytes;

    /// <summary>y = x / x: not a number on zeros. The one operator name of the good model is replaced by another of three letters.</summary>
    internal static byte[] NotFinite => Replace(TinyModel.Bytes, "Add"u8, "Div"u8);

    internal static byte[] Random(int bytes, int seed)
    {
        var content = new byte[bytes];
        new Random(seed).NextBytes(content);
        return content;
    }

    /// <summary>The same weights after a little training.</summary>
    internal static byte[] Nudge(byte[] weights) => [.. weights.Select((one, index) => (byte)(one + (index % 100 == 0 ? 1 : 0)))];

    private static byte[] Replace(byte[] bytes, ReadOnlySpan<byte> old, ReadOnlySpan<byte> by)
    {
        var copy = bytes.ToArray();
        by.CopyTo(copy.AsSpan(copy.AsSpan().IndexOf(old)));
        return copy;
    }
}
