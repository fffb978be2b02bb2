using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace SlmOps.Pipeline.Access;

/// <summary>
/// A secret that is shown once: <c>prefix_id_secret</c>. The id finds its row, which holds the SHA-256 of the whole; 32
/// random bytes need no slower hash.
/// </summary>
/// <param name="Id">The part that is no secret.</param>
/// <param name="Text">The whole.</param>
internal sealed record Secret(string Id, string Text)
{
    internal const string OperatorPrefix = "slmk";
    internal const string TokenPrefix = "slmt";
    private const int IdBytes = 6;
    private const int SecretBytes = 32;
    private const int MaxLength = 128;

    internal string Sha256 => HashOf(Text);

    internal static Secret New(string prefix)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        return new(id, $"{prefix}_{id}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes))}");
    }

    /// <summary>False for a text that names no row; such a one may still be the key of the settings.</summary>
    internal static bool TryIdOf(string text, string prefix, [NotNullWhen(true)] out string? id)
    {
        id = text.Split('_', 3) is [var first, { Length: 2 * IdBytes } second, _] && first == prefix
            && second.All(char.IsAsciiHexDigitLower) && text.Length <= MaxLength
            ? second
            : null;
        return id is not null;
    }

    internal static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>True when the text is what was hashed; takes as long for each wrong one.</summary>
    internal static bool Matches(string text, string sha256) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(HashOf(text)), Encoding.ASCII.GetBytes(sha256));
}
