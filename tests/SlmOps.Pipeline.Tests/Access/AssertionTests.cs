using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using SlmOps.Packaging;
using SlmOps.Packaging.Certificates;
using SlmOps.Packaging.Signing;
using SlmOps.Pipeline.Access;

namespace SlmOps.Pipeline.Tests.Access;

/// <summary>What devices write by hand, read by a library that many use; and certificates, by the framework's own chain.</summary>
public sealed class AssertionTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task Token_OfADevice_IsReadAndHoldsForItsKeyAlone()
    {
        using var other = LocalSigningKey.CreateInMemory();

        // Signatures differ each time, and some begin with zeros.
        for (var times = 0; times < 50; times++)
        {
            var text = await DeviceAssertion.WriteAsync("cam-7", "slmops:x", [1, 2], _key, Now, Cancelled);
            var read = AssertionReader.Read(text)!;

            Assert.Equal<(string, string, DateTimeOffset, DateTimeOffset)>(
                ("cam-7", "slmops:x", Now, Now.AddMinutes(2)), (read.Device, read.Audience, read.IssuedAt, read.Expires));
            Assert.True(await AssertionReader.HoldsAsync(text, _key.PublicKey.Pem));
            Assert.False(await AssertionReader.HoldsAsync(text, other.PublicKey.Pem));
        }
    }

    [Fact]
    public async Task Token_ChangedAnywhere_IsNoneOrDoesNotHold()
    {
        var text = await DeviceAssertion.WriteAsync("cam-7", "slmops:x", [1, 2], _key, Now, Cancelled);
        for (var place = 0; place < text.Length; place++)
        {
            var changed = text[..place] + (text[place] == 'A' ? 'B' : 'A') + text[(place + 1)..];

            // The last letter of a part may hold bits that mean nothing.
            Assert.False(
                AssertionReader.Read(changed) is not null && await AssertionReader.HoldsAsync(changed, _key.PublicKey.Pem)
                && Bytes(changed) != Bytes(text),
                $"Letter {place} was changed and the token holds.");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b.c")]
    [InlineData("..")]
    [InlineData("slmk_0123456789ab_secret")]
    public void Read_NoToken_IsNull(string text) => Assert.Null(AssertionReader.Read(text));

    [Theory]
    [InlineData("""{"alg":"none"}""", """{"aud":"x","exp":9,"iat":1,"iss":"d","jti":"0123456789abcdef","sub":"d"}""")]
    [InlineData("""{"alg":"HS256"}""", """{"aud":"x","exp":9,"iat":1,"iss":"d","jti":"0123456789abcdef","sub":"d"}""")]
    [InlineData("""{"alg":"ES256"}""", """{"aud":"x","exp":9,"iat":1,"iss":"e","jti":"0123456789abcdef","sub":"d"}""")]
    [InlineData("""{"alg":"ES256"}""", """{"aud":["x","y"],"exp":9,"iat":1,"iss":"d","jti":"0123456789abcdef","sub":"d"}""")]
    [InlineData("""{"alg":"ES256"}""", """{"aud":"x","exp":9,"iat":1,"iss":"d","sub":"d"}""")]
    [InlineData("""{"alg":"ES256"}""", """{"aud":"x","exp":9,"iss":"d","jti":"0123456789abcdef","sub":"d"}""")]
    [InlineData("""{"alg":"ES256"}""", """{"aud":"x","iat":1,"iss":"d","jti":"0123456789abcdef","sub":"d"}""")]
    [InlineData("""{"alg":"ES256"}""", """{"aud":"x","exp":"soon","iat":1,"iss":"d","jti":"0123456789abcdef","sub":"d"}""")]
    [InlineData("""{"alg":"ES256"}""", "[]")]
    [InlineData("""{"alg":"ES256"}""", "{")]
    public void Read_TokenOfAnotherForm_IsNull(string header, string claims) => Assert.Null(AssertionReader.Read(
        $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.AAAA"));

    [Fact]
    public async Task Certificate_OfTheFleet_IsOneForItsDeviceAlone()
    {
        using var fleet = LocalSigningKey.CreateInMemory();
        using var stranger = LocalSigningKey.CreateInMemory();
        var request = DeviceRequest.Read(await DeviceRequest.WriteAsync("cam-7", _key, Cancelled));
        var authority = await FleetCertificates.AuthorityAsync(fleet, Now.AddDays(-1), Now.AddDays(99), Cancelled);
        var foreign = await FleetCertificates.AuthorityAsync(stranger, Now.AddDays(-1), Now.AddDays(99), Cancelled);
        var certificate = await FleetCertificates.IssueAsync(authority, fleet, request, Now, Now.AddDays(9), Cancelled);

        Assert.Equal("cam-7", request.DeviceId);
        Assert.Equal(_key.PublicKey, FleetCertificates.KeyOf(certificate, authority, "cam-7", Now));
        Assert.Null(FleetCertificates.KeyOf(certificate, authority, "cam-8", Now));
        Assert.Null(FleetCertificates.KeyOf(certificate, foreign, "cam-7", Now));
        Assert.Null(FleetCertificates.KeyOf(certificate, authority, "cam-7", Now.AddDays(10)));
        Assert.Null(FleetCertificates.KeyOf(certificate, certificate, "cam-7", Now));
        using var read = X509CertificateLoader.LoadCertificate(certificate);
        Assert.Contains(read.Extensions, extension => extension is X509BasicConstraintsExtension { CertificateAuthority: false });
    }

    [Fact]
    public async Task Request_ChangedAnywhere_IsRefused()
    {
        var der = await DeviceRequest.WriteAsync("cam-7", _key, Cancelled);
        for (var place = 0; place < der.Length; place++)
        {
            var changed = der.ToArray();
            changed[place] ^= 0x01;
            Assert.Throws<PackageFormatException>(() => DeviceRequest.Read(changed));
        }
    }

    [Fact]
    public void Request_OfAnotherKindOfKey_IsRefused()
    {
        using var rsa = RSA.Create(2048);
        var request = new CertificateRequest("CN=cam-7", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest();
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var larger = new CertificateRequest("CN=cam-7", p384, HashAlgorithmName.SHA256).CreateSigningRequest();

        Assert.Throws<PackageFormatException>(() => DeviceRequest.Read(request));
        Assert.Throws<PackageFormatException>(() => DeviceRequest.Read(larger));
        Assert.Throws<PackageFormatException>(() => DeviceRequest.Read([]));
    }

    private static string Bytes(string token) => string.Join('.', token.Split('.').Select(part =>
        Base64Url.IsValid(part) ? Convert.ToHexString(Base64Url.DecodeFromChars(part)) : part));
}
