using SlmOps.Packaging.Format;

namespace SlmOps.Packaging.Signing;

/// <summary>
/// Sigstore bundle v0.3 with a DSSE envelope and a public key hint: no certificate, no transparency log, because the
/// key is pinned. The hint and the key id are the same, as the bundle format demands.
/// </summary>
public static class SigstoreBundle
{
    /// <summary>Signs an in-toto statement; the bundle is UTF-8 JSON.</summary>
    public static async Task<byte[]> SignAsync(ReadOnlyMemory<byte> statement, ISigningKey key, CancellationToken cancellationToken)
    {
        var signature = await key.SignAsync(Dsse.PreAuthEncoding(MediaTypes.InToto, statement.Span), cancellationToken)
            .ConfigureAwait(false);
        return CanonicalJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("mediaType", MediaTypes.SigstoreBundle);
            json.WriteStartObject("verificationMaterial");
            json.WriteStartObject("publicKey");
            json.WriteString("hint", key.KeyId);
            json.WriteEndObject();
            json.WriteStartArray("tlogEntries");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WritePropertyName("dsseEnvelope");
            Dsse.WriteEnvelope(json, MediaTypes.InToto, statement.Span, signature, key.KeyId);
            json.WriteEndObject();
        });
    }

    /// <summary>Checks a bundle against the one key that may sign it; the payload is the in-toto statement.</summary>
    public static DsseResult Verify(ReadOnlySpan<byte> bundle, PublicKey key)
    {
        try
        {
            var (hint, envelope) = Read(bundle);
            return hint == key.KeyId
                ? Dsse.Verify(envelope, MediaTypes.InToto, key)
                : new(null, "wrong-key", $"The bundle names the key '{StrictJson.Shown(hint)}'; expected '{key.KeyId}'.");
        }
        catch (PackageFormatException exception)
        {
            return new(null, "malformed", exception.Message);
        }
    }

    /// <summary>The statement without looking at the signature, for whoever wrote the bundle.</summary>
    internal static byte[] PayloadOf(ReadOnlySpan<byte> bundle) => Dsse.PayloadOf(Read(bundle).Envelope);

    private static (string Hint, StrictJson Envelope) Read(ReadOnlySpan<byte> bundle)
    {
        var root = StrictJson.Parse(bundle, Limits.BundleBytes, "bundle");
        root.Only("mediaType", "verificationMaterial", "dsseEnvelope");
        root.Is("mediaType", MediaTypes.SigstoreBundle);
        var material = root.Child("verificationMaterial");
        material.Only("publicKey", "tlogEntries");
        material.Children("tlogEntries", 0);
        var publicKey = material.Child("publicKey");
        publicKey.Only("hint");
        return (publicKey.Text("hint"), root.Child("dsseEnvelope"));
    }
}
