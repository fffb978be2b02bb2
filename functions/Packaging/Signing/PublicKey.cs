using System.Security.Cryptography;
using System.Text;

namespace SlmOps.Packaging.Signing;

/// <summary>An ECDSA P-256 public key.</summary>
public sealed class PublicKey : IEquatable<PublicKey>
{
    private const string P256 = "1.2.840.10045.3.1.7";
    private const int MaxPem = 4096;
    private readonly byte[] _spki;

    private PublicKey(ECDsa key)
    {
        var curve = key.ExportParameters(includePrivateParameters: false).Curve;
        if (!curve.IsNamed || curve.Oid.Value != P256)
        {
            throw new PackageFormatException("wrong-key", "The key is not on the curve P-256.");
        }

        _spki = key.ExportSubjectPublicKeyInfo();
        Pem = key.ExportSubjectPublicKeyInfoPem() + "\n";
        KeyId = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Pem)));
    }

    /// <summary>The key as SubjectPublicKeyInfo in PEM, with a final newline.</summary>
    public string Pem { get; }

    /// <summary>Lower-case hex SHA-256 of <see cref="Pem"/> with its final newline: the hint that OpenSSF model-signing requires.</summary>
    public string KeyId { get; }

    /// <summary>Reads a SubjectPublicKeyInfo PEM.</summary>
    /// <exception cref="PackageFormatException">With <c>wrong-key</c> for anything that is not a P-256 public key.</exception>
    public static PublicKey Parse(string pem)
    {
        ArgumentNullException.ThrowIfNull(pem);
        if (pem.Length > MaxPem || !PemEncoding.TryFind(pem, out var fields) || pem[fields.Label] != "PUBLIC KEY")
        {
            throw new PackageFormatException("wrong-key", "Expected one PEM block 'PUBLIC KEY' (SubjectPublicKeyInfo).");
        }

        using var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem.AsSpan(fields.Location));
            return new(key);
        }
        // A curve that this system does not know is not supported, instead of wrong.
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or NotSupportedException)
        {
            throw new PackageFormatException("wrong-key", $"The PEM does not hold an ECDSA public key: {exception.Message}");
        }
    }

    /// <summary>The public half of a key.</summary>
    public static PublicKey Of(ECDsa key) => new(key);

    /// <summary>True when the signature (ASN.1 DER) is this key's over SHA-256 of the data.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        // A key object is not safe for use by two threads at once; importing costs little beside the check itself.
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_spki, out _);
        try
        {
            return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public bool Equals(PublicKey? other) => other is not null && Pem == other.Pem;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PublicKey);

    /// <inheritdoc/>
    public override int GetHashCode() => Pem.GetHashCode(StringComparison.Ordinal);
}
