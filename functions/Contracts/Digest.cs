using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SlmOps.Contracts;

/// <summary>
/// A SHA-256 digest in OCI form: <c>sha256:</c> and 64 lower-case hexadecimal digits
/// (OCI image-spec, descriptor.md). Identity everywhere: blobs, packages, releases.
/// </summary>
[JsonConverter(typeof(DigestJsonConverter))]
public readonly record struct Digest
{
    private const string Prefix = "sha256:";
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private readonly string? _hex;

    private Digest(string hex) => _hex = hex;

    /// <summary>The 64 hexadecimal digits without the algorithm.</summary>
    public string Hex => _hex ?? throw new InvalidOperationException("An empty digest has no value.");

    /// <summary>True for <c>default</c>, which stands for "none".</summary>
    public bool IsEmpty => _hex is null;

    /// <summary>Digest of bytes held in memory.</summary>
    public static Digest Of(ReadOnlySpan<byte> bytes) => new(Convert.ToHexStringLower(SHA256.HashData(bytes)));

    /// <summary>Wraps 32 raw hash bytes.</summary>
    /// <exception cref="ArgumentException">When the hash is not 32 bytes long.</exception>
    public static Digest FromHash(ReadOnlySpan<byte> hash) => hash.Length == SHA256.HashSizeInBytes
        ? new(Convert.ToHexStringLower(hash))
        : throw new ArgumentException($"A SHA-256 hash has 32 bytes, this one has {hash.Length}.", nameof(hash));

    /// <summary>Reads a stream to its end and returns the digest of what it gave.</summary>
    public static async Task<Digest> OfAsync(Stream stream, CancellationToken cancellationToken) =>
        FromHash(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));

    /// <summary>Parses the OCI form.</summary>
    /// <exception cref="FormatException">When the text is not a SHA-256 digest.</exception>
    public static Digest Parse(string text) => TryParse(text, out var digest)
        ? digest
        : throw new FormatException($"'{text}' is not a digest; expected sha256: and 64 lower-case hexadecimal digits.");

    /// <summary>Parses the OCI form; false when the text is anything else.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        if (text is null || text.Length != Prefix.Length + 64 || !text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var hex = text[Prefix.Length..];
        if (hex.AsSpan().ContainsAnyExcept(HexDigits))
        {
            return false;
        }

        digest = new(hex);
        return true;
    }

    /// <summary>The OCI form, or an empty string for <c>default</c>.</summary>
    public override string ToString() => _hex is null ? "" : Prefix + _hex;
}

/// <summary>Writes a <see cref="Digest"/> as its OCI form and <c>default</c> as null.</summary>
public sealed class DigestJsonConverter : JsonConverter<Digest>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return default;
        }

        return reader.TokenType == JsonTokenType.String && Digest.TryParse(reader.GetString(), out var digest)
            ? digest
            : throw new JsonException("Expected a digest: sha256: and 64 lower-case hexadecimal digits.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options)
    {
        if (value.IsEmpty)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteStringValue(value.ToString());
        }
    }
}
