using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SlmOps.Packaging.Signing;
using PublicKey = SlmOps.Packaging.Signing.PublicKey;

namespace SlmOps.Packaging.Certificates;

/// <summary>
/// Lets a key that signs elsewhere, and only asynchronously, sign what the framework writes: the first time it records the
/// bytes, the second time, when the same is written again, it gives their signature.
/// </summary>
internal sealed class RecordedSignature(PublicKey key) : X509SignatureGenerator
{
    private byte[]? _signature;

    internal byte[] Recorded { get; private set; } = [];

    /// <summary>Writes twice, with the key's signature in between.</summary>
    internal static async Task<byte[]> WriteAsync(
        Signing.ISigningKey key, Func<RecordedSignature, byte[]> write, CancellationToken cancellationToken)
    {
        var generator = new RecordedSignature(key.PublicKey);
        write(generator);
        var recorded = generator.Recorded;
        generator._signature = await key.SignAsync(recorded, cancellationToken).ConfigureAwait(false);
        var written = write(generator);
        return generator.Recorded.AsSpan().SequenceEqual(recorded)
            ? written
            : throw new CryptographicException("What was to be signed changed while it was written.");
    }

    public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) =>
        [0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]; // ecdsa-with-SHA256, RFC 5758

    public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm)
    {
        Recorded = data;
        return _signature ?? [0x30, 0x00];
    }

    protected override System.Security.Cryptography.X509Certificates.PublicKey BuildPublicKey()
    {
        using var pem = ECDsa.Create();
        pem.ImportFromPem(key.Pem);
        return new(pem);
    }
}
