using System.Runtime.Versioning;
using System.Security.Cryptography;
using SlmOps.Packaging.Signing;

namespace SlmOps.Packaging.Tests.Signing;

[UnsupportedOSPlatform("windows")]
public sealed class LocalSigningKeyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void LoadOrCreate_Twice_GivesTheSameKeyWithMode0600()
    {
        using var first = LocalSigningKey.LoadOrCreate(_folder["keys/release.pem"]);
        using var second = LocalSigningKey.LoadOrCreate(_folder["keys/release.pem"]);

        Assert.Equal(first.PublicKey, second.PublicKey);
        Assert.Equal(["release.pem", "release.pem.lock"], Directory.GetFiles(_folder["keys"]).Select(Path.GetFileName).Order());
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["keys/release.pem"]));
    }

    [Fact]
    public void LoadOrCreate_AtOnce_AllGetOneKey()
    {
        var ids = new string[8];

        Parallel.For(0, ids.Length, index =>
        {
            using var key = LocalSigningKey.LoadOrCreate(_folder["release.pem"]);
            ids[index] = key.KeyId;
        });

        Assert.Single(ids.Distinct());
    }

    [Fact]
    public void LoadOrCreate_ReadableByOthers_ThrowsWithTheCure()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        LocalSigningKey.LoadOrCreate(_folder["release.pem"]).Dispose();
        File.SetUnixFileMode(_folder["release.pem"], UnixFileMode.UserRead | UnixFileMode.GroupRead);

        var exception = Assert.Throws<InvalidOperationException>(() => LocalSigningKey.LoadOrCreate(_folder["release.pem"]));

        Assert.Contains("chmod 600", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>One flipped bit in the curve's name is a curve that nobody has.</summary>
    [Fact]
    public void FromPem_UnknownCurve_Refuses()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var secret = PemEncoding.WriteString("PRIVATE KEY", WithUnknownCurve(key.ExportPkcs8PrivateKey()));
        var open = PemEncoding.WriteString("PUBLIC KEY", WithUnknownCurve(key.ExportSubjectPublicKeyInfo()));

        Assert.Equal("wrong-key", Assert.Throws<PackageFormatException>(() => LocalSigningKey.FromPem(secret)).Code);
        Assert.Equal("wrong-key", Assert.Throws<PackageFormatException>(() => PublicKey.Parse(open)).Code);
    }

    private static byte[] WithUnknownCurve(byte[] der)
    {
        // 1.2.840.10045.3.1.7, prime256v1.
        var at = der.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]);
        der[at + 5] ^= 0x10;
        return der;
    }

    [Fact]
    public void FromPem_OtherCurve_Refuses()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Assert.Equal(
            "wrong-key",
            Assert.Throws<PackageFormatException>(() => LocalSigningKey.FromPem(p384.ExportPkcs8PrivateKeyPem())).Code);
        Assert.Equal("wrong-key", Assert.Throws<PackageFormatException>(() => PublicKey.Parse(p384.ExportSubjectPublicKeyInfoPem())).Code);
    }

    [Fact]
    public void KeyId_IsTheHashOfThePemWithItsNewline()
    {
        const string pem = """
            -----BEGIN PUBLIC KEY-----
            MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
            6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
            -----END PUBLIC KEY-----

            """;

        // From: sha256sum of the text above.
        Assert.Equal(KnownKeyId, PublicKey.Parse(pem).KeyId);
        Assert.Equal(KnownKeyId, PublicKey.Parse(pem.TrimEnd()).KeyId);
    }

    private const string KnownKeyId = "0bcc8908c3cc5f2c08c1e1963e1b674e76aa2dfb7cd91c437b4081b25b7f9e03";
}
