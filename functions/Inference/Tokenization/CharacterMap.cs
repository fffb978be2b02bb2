using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace SlmOps.Inference.Tokenization;

/// <summary>
/// The normalization table of a SentencePiece model: bytes of the table in front (32 bits), a double array over UTF-8 (units
/// of 32 bits, as in Darts-clone), then the replacements, each ended by a zero byte. The value of a key is where its
/// replacement starts. A cluster of characters of less than six bytes is looked up whole, else character by character.
/// </summary>
internal sealed class CharacterMap
{
    private const int WholeCluster = 6;
    private const int MostReplacement = 64;

    private readonly uint[] _units;
    private readonly byte[] _replacements;

    private CharacterMap(uint[] units, byte[] replacements) => (_units, _replacements) = (units, replacements);

    /// <exception cref="TokenizerException">When the table is cut off or no base64.</exception>
    internal static CharacterMap Read(string base64)
    {
        var bytes = new byte[(base64.Length / 4 * 3) + 3];
        if (!Convert.TryFromBase64String(base64, bytes, out var length) || length < 4)
        {
            throw JsonFields.Bad("'precompiled_charsmap' is no base64");
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (size % 4 != 0 || size > length - 4)
        {
            throw JsonFields.Bad("'precompiled_charsmap' is cut off");
        }

        var units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4 + (i * 4)));
        }

        return new(units, bytes.AsSpan(4 + (int)size, length - 4 - (int)size).ToArray());
    }

    /// <exception cref="TokenizerException">When the text grows beyond <paramref name="maxLength"/>.</exception>
    internal string Apply(string text, int maxLength, CancellationToken cancellationToken)
    {
        var result = new StringBuilder(text.Length);
        Span<char> units = stackalloc char[2];
        for (var at = 0; at < text.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var cluster = text.AsSpan(at, StringInfo.GetNextTextElementLength(text.AsSpan(at)));
            at += cluster.Length;
            if (Encoding.UTF8.GetByteCount(cluster) < WholeCluster && Lookup(cluster) is { } whole)
            {
                result.Append(whole);
            }
            else
            {
                foreach (var rune in cluster.EnumerateRunes())
                {
                    var one = units[..rune.EncodeToUtf16(units)];
                    result.Append(Lookup(one) ?? one.ToString());
                }
            }

            if (result.Length > maxLength)
            {
                throw new TokenizerException(
                    "text-too-long",
                    $"The text grows beyond {maxLength} characters when it is normalized. Encode it in parts.");
            }
        }

        return result.ToString();
    }

    /// <summary>The replacement of the shortest key that the characters start with, or null.</summary>
    private string? Lookup(ReadOnlySpan<char> characters)
    {
        Span<byte> utf8 = stackalloc byte[3 * characters.Length];
        utf8 = utf8[..Encoding.UTF8.GetBytes(characters, utf8)];
        if (_units.Length == 0)
        {
            return null;
        }

        var node = Offset(_units[0]);
        foreach (var next in utf8)
        {
            node ^= next;
            if (node >= _units.Length || Label(_units[node]) != next)
            {
                return null;
            }

            var unit = _units[node];
            node ^= Offset(unit);
            if (((unit >> 8) & 1) == 1)
            {
                return node < _units.Length ? Replacement(_units[node] & 0x7FFF_FFFF) : null;
            }
        }

        return null;
    }

    private string? Replacement(uint start)
    {
        if (start >= _replacements.Length)
        {
            return null;
        }

        var rest = _replacements.AsSpan((int)start);
        var end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(rest[..Math.Min(MostReplacement, end < 0 ? rest.Length : end)]);
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);

    private static uint Label(uint unit) => unit & ((1u << 31) | 0xFF);
}
