using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SlmOps.Packaging.Signing;
using PublicKey = SlmOps.Packaging.Signing.PublicKey;

namespace SlmOps.Packaging.Certificates;

/// <summary>Certificates of a fleet: its authority's own, and those of devices. The authority's key may sign anywhere.</summary>
public static class FleetCertificates
{
    private const string AuthorityName = "SlmOps fleet";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private const int SerialBytes = 16;

    /// <summary>The authority's own certificate, in DER.</summary>
    public static Task<byte[]> AuthorityAsync(
        ISigningKey key, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var serial = Serial();
        return RecordedSignature.WriteAsync(
            key,
            generator =>
            {
                var request = new CertificateRequest(DeviceRequest.NameOf(AuthorityName), generator.PublicKey, HashAlgorithmName.SHA256);
                request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
                request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
                request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
                using var made = request.Create(request.SubjectName, generator, from, to, serial);
                return made.RawData;
            },
            cancellationToken);
    }

    /// <summary>A device's certificate, in DER.</summary>
    public static Task<byte[]> IssueAsync(
        byte[] authority,
        ISigningKey key,
        DeviceRequest device,
        DateTimeOffset from,
        DateTimeOffset to,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(device);
        var serial = Serial();
        return RecordedSignature.WriteAsync(
            key,
            generator =>
            {
                using var issuer = X509CertificateLoader.LoadCertificate(authority);
                using var publicKey = ECDsa.Create();
                publicKey.ImportFromPem(device.Key.Pem);
                var request = new CertificateRequest(DeviceRequest.NameOf(device.DeviceId), publicKey, HashAlgorithmName.SHA256);
                request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
                request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
                request.CertificateExtensions.Add(
                    new X509EnhancedKeyUsageExtension([new Oid(ClientAuthentication)], false));
                request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
                using var made = request.Create(issuer.SubjectName, generator, from, to, serial);
                return made.RawData;
            },
            cancellationToken);
    }

    /// <summary>The key that a certificate is for, when the authority signed it for that device; else null.</summary>
    public static PublicKey? KeyOf(byte[] certificate, byte[] authority, string deviceId, DateTimeOffset now)
    {
        try
        {
            using var leaf = X509CertificateLoader.LoadCertificate(certificate);
            using var root = X509CertificateLoader.LoadCertificate(authority);
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(root);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.VerificationTime = now.UtcDateTime;
            using var key = leaf.GetECDsaPublicKey();
            return key is not null && chain.Build(leaf) && leaf.GetNameInfo(X509NameType.SimpleName, false) == deviceId
                ? PublicKey.Of(key)
                : null;
        }
        catch (Exception refused) when (refused is CryptographicException or NotSupportedException)
        {
            return null;
        }
    }

    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40); // positive, and as long as it is
        return serial;
    }
}
