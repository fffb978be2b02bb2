using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SlmOps.Contracts;
using SlmOps.Packaging.Signing;
using PublicKey = SlmOps.Packaging.Signing.PublicKey;

namespace SlmOps.Packaging.Certificates;

/// <summary>A device's certificate request (PKCS#10): who it is, the key, and the proof that it holds it.</summary>
/// <param name="DeviceId">Common name of the subject.</param>
/// <param name="Key">Its key.</param>
public sealed record DeviceRequest(string DeviceId, PublicKey Key)
{
    private const int MaxBytes = 2048;

    /// <summary>Writes a request in DER.</summary>
    public static Task<byte[]> WriteAsync(string deviceId, ISigningKey key, CancellationToken cancellationToken) =>
        RecordedSignature.WriteAsync(
            key,
            generator => new CertificateRequest(NameOf(deviceId), generator.PublicKey, HashAlgorithmName.SHA256)
                .CreateSigningRequest(generator),
            cancellationToken);

    /// <summary>Reads a request and checks its signature. Extensions that it asks for are not looked at.</summary>
    /// <exception cref="PackageFormatException">With <c>bad-request</c> when it is none of a P-256 key and a device's name.</exception>
    public static DeviceRequest Read(ReadOnlySpan<byte> der)
    {
        try
        {
            if (der.Length > MaxBytes)
            {
                throw new PackageFormatException("bad-request", $"The certificate request has more than {MaxBytes} bytes.");
            }

            var request = CertificateRequest.LoadSigningRequest(der.ToArray(), HashAlgorithmName.SHA256, out var consumed);
            using var key = request.PublicKey.GetECDsaPublicKey();
            var names = request.SubjectName.EnumerateRelativeDistinguishedNames().ToList();
            return consumed == der.Length
                && key is not null
                && names is [{ HasMultipleElements: false } only]
                && only.GetSingleElementType().Value == "2.5.4.3"
                && SafeName.IsValid(only.GetSingleElementValue())
                    ? new(only.GetSingleElementValue()!, PublicKey.Of(key))
                    : throw new PackageFormatException("bad-request", "The certificate request is not of one name and an ECDSA key.");
        }
        catch (Exception fault) when (fault is CryptographicException or NotSupportedException or InvalidOperationException)
        {
            throw new PackageFormatException("bad-request", $"The certificate request cannot be read: {fault.Message}");
        }
    }

    internal static X500DistinguishedName NameOf(string commonName)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(commonName);
        return name.Build();
    }
}
