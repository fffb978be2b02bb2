using System.Text;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Packaging.Tests.Signing;

public sealed class DsseTests : IDisposable
{
    private const string Type = "application/vnd.slmops.test+json";
    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();
    private readonly LocalSigningKey _other = LocalSigningKey.CreateInMemory();

    public void Dispose()
    {
        _key.Dispose();
        _other.Dispose();
    }

    [Fact]
    public void PreAuthEncoding_ExampleOfTheSpecification_IsTheSame() =>
        Assert.Equal(
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world"u8.ToArray(),
            Dsse.PreAuthEncoding("http://example.com/HelloWorld", "hello world"u8));

    [Fact]
    public async Task Verify_OwnEnvelope_GivesThePayload()
    {
        var envelope = await Dsse.SignAsync(Type, "payload"u8.ToArray(), _key, Stop);

        Assert.Equal("payload"u8.ToArray(), Dsse.Verify(envelope, Type, _key.PublicKey).Payload);
    }

    [Fact]
    public async Task Verify_OtherType_Refuses()
    {
        var envelope = await Dsse.SignAsync(Type, "payload"u8.ToArray(), _key, Stop);

        Assert.Equal("wrong-payload-type", Dsse.Verify(envelope, "text/plain", _key.PublicKey).ReasonCode);
    }

    [Fact]
    public async Task Verify_OtherKey_Refuses()
    {
        var envelope = await Dsse.SignAsync(Type, "payload"u8.ToArray(), _key, Stop);
        var anonymous = Encoding.UTF8.GetString(envelope).Replace(_key.KeyId, "", StringComparison.Ordinal);

        Assert.Equal("wrong-key", Dsse.Verify(envelope, Type, _other.PublicKey).ReasonCode);
        Assert.True(Dsse.Verify(Encoding.UTF8.GetBytes(anonymous), Type, _key.PublicKey).IsValid);
        Assert.Equal("bad-signature", Dsse.Verify(Encoding.UTF8.GetBytes(anonymous), Type, _other.PublicKey).ReasonCode);
    }

    [Fact]
    public async Task Verify_ChangedPayload_Refuses()
    {
        var envelope = Encoding.UTF8.GetString(await Dsse.SignAsync(Type, "payload"u8.ToArray(), _key, Stop));
        var changed = envelope.Replace(
            Convert.ToBase64String("payload"u8), Convert.ToBase64String("Payload"u8), StringComparison.Ordinal);

        Assert.Equal("bad-signature", Dsse.Verify(Encoding.UTF8.GetBytes(changed), Type, _key.PublicKey).ReasonCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"payload":"","payloadType":"application/vnd.slmops.test+json","signatures":[{},{}]}""")]
    [InlineData("""{"payload":"a===","payloadType":"application/vnd.slmops.test+json","signatures":[{"sig":"AAAA","keyid":""}]}""")]
    [InlineData("""{"payload":"YR==","payloadType":"application/vnd.slmops.test+json","signatures":[{"sig":"AAAA","keyid":""}]}""")]
    [InlineData("""{"payload":"","payload":"","payloadType":"application/vnd.slmops.test+json","signatures":[]}""")]
    [InlineData("""{"pay\ud800load":""}""")]
    [InlineData("""{"payload":"\ud800","payloadType":"application/vnd.slmops.test+json","signatures":[]}""")]
    public void Verify_NotAnEnvelope_IsMalformed(string envelope) =>
        Assert.Equal("malformed", Dsse.Verify(Encoding.UTF8.GetBytes(envelope), Type, _key.PublicKey).ReasonCode);

    [Fact]
    public async Task Verify_Bundle_ChecksHintAndType()
    {
        var bundle = await SigstoreBundle.SignAsync("{}"u8.ToArray(), _key, Stop);

        Assert.True(SigstoreBundle.Verify(bundle, _key.PublicKey).IsValid);
        Assert.Equal("wrong-key", SigstoreBundle.Verify(bundle, _other.PublicKey).ReasonCode);
        Assert.Equal("malformed", SigstoreBundle.Verify(bundle.AsSpan(1), _key.PublicKey).ReasonCode);
    }

    [Fact]
    public async Task TrustRoots_SaveAndLoad_AreTheSame()
    {
        using var folder = new TemporaryFolder();
        using var repository = new Tuf.TufFixture();
        var root = (await repository.RootAsync(1)).Bytes;

        new TrustRoots(_key.PublicKey, _other.PublicKey, root).Save(folder["a/trust.json"]);

        var loaded = TrustRoots.Load(folder["a/trust.json"]);
        Assert.Equal((_key.PublicKey, _other.PublicKey), (loaded.ReleaseKey, loaded.DirectorKey));
        Assert.Equal(root, loaded.Root);
    }

    [Fact]
    public void TrustRoots_FileFromBeforeTheRoot_SaysWhatToDo()
    {
        using var folder = new TemporaryFolder();
        folder.With("trust.json", "{\"schema\":1,\"releaseKey\":\"\",\"directorKey\":\"\"}");

        var fault = Assert.Throws<PackageFormatException>(() => TrustRoots.Load(folder["trust.json"]));

        Assert.Equal("old-trust-file", fault.Code);
        Assert.Contains("slmops root trust", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TrustRoots_RootThatItsKeysDidNotSign_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var repository = new Tuf.TufFixture();
        var root = (await repository.RootAsync(1, null, repository.RootKeys[0])).Bytes;
        new TrustRoots(_key.PublicKey, _other.PublicKey, root).Save(folder["trust.json"]);

        Assert.Equal("root-signature", Assert.Throws<PackageFormatException>(() => TrustRoots.Load(folder["trust.json"])).Code);
    }
}
