using System.Text.Json;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Signing;

namespace SlmOps.Packaging.Tuf;

/// <summary>A metadata file before it is signed. Signatures differ each time, what they cover does not.</summary>
public sealed class TufDraft
{
    private readonly byte[] _signed;

    internal TufDraft(string name, long version, byte[] signed) => (Name, Version, _signed) = (name, version, signed);

    /// <summary>File name in <c>metadata/</c>.</summary>
    public string Name { get; }

    /// <summary>Its version.</summary>
    public long Version { get; }

    /// <summary>Signs it with each of the keys.</summary>
    public async Task<TufFile> SignAsync(IReadOnlyList<ISigningKey> keys, CancellationToken cancellationToken)
    {
        var canonical = Canonical();
        var signatures = new List<(string KeyId, byte[] Signature)>();
        foreach (var key in keys)
        {
            signatures.Add((TufKey.IdOf(key.PublicKey), await key.SignAsync(canonical, cancellationToken).ConfigureAwait(false)));
        }

        return new(Name, Version, CanonicalJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("signatures");
            foreach (var (keyId, signature) in signatures)
            {
                json.WriteStartObject();
                json.WriteString("keyid", keyId);
                json.WriteString("sig", Convert.ToHexStringLower(signature));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WritePropertyName("signed");
            json.WriteRawValue(_signed);
            json.WriteEndObject();
        }));
    }

    /// <summary>
    /// The file that somebody else made of this draft, or null when the bytes are anything else or the key did not sign
    /// them: of two writers, the second goes on with the bytes of the first.
    /// </summary>
    public TufFile? Accept(byte[] bytes, PublicKey key)
    {
        try
        {
            var root = StrictJson.Parse(bytes, TufLimits.Largest, $"file {Name}");
            root.Only("signatures", "signed");
            var canonical = root.Child("signed").Canonical();
            var role = new TufKeys(new Dictionary<string, PublicKey> { [TufKey.IdOf(key)] = key }, 1);
            return canonical.AsSpan().SequenceEqual(Canonical()) && TufMetadata.Count(root, canonical, role) == 1
                ? new(Name, Version, bytes)
                : null;
        }
        catch (PackageFormatException)
        {
            return null;
        }
    }

    private byte[] Canonical()
    {
        using var document = JsonDocument.Parse(_signed);
        return OlpcJson.Of(document.RootElement);
    }
}
