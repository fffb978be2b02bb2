using System.Buffers;
using System.Text;

namespace SlmOps.Inference.Tokenization;

/// <summary>
/// GPT-2's printable stand-ins for the 256 byte values: printable Latin-1 stands for itself, the others are numbered
/// from U+0100 up.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Chars = Build();
    private static readonly Dictionary<char, byte> Bytes = Chars
        .Select((c, b) => (c, b))
        .ToDictionary(pair => pair.c, pair => (byte)pair.b);

    /// <summary>What a byte is written as.</summary>
    internal static char Char(byte value) => Chars[value];

    internal static string FromText(string text)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            var count = Encoding.UTF8.GetBytes(text, bytes);
            return string.Create(count, bytes, static (target, source) =>
            {
                for (var i = 0; i < target.Length; i++)
                {
                    target[i] = Chars[source[i]];
                }
            });
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>The bytes a token stands for; a token with a character outside the alphabet stands for its own UTF-8.</summary>
    internal static void AppendBytes(string token, List<byte> target)
    {
        var start = target.Count;
        foreach (var c in token)
        {
            if (!Bytes.TryGetValue(c, out var value))
            {
                target.RemoveRange(start, target.Count - start);
                target.AddRange(Encoding.UTF8.GetBytes(token));
                return;
            }

            target.Add(value);
        }
    }

    private static char[] Build()
    {
        var chars = new char[256];
        var next = (char)256;
        for (var b = 0; b < 256; b++)
        {
            chars[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : next++;
        }

        return chars;
    }
}
