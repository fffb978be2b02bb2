using System.Text;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging.Channels;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Signing;

namespace SlmOps.Packaging.Tests.Channels;

public sealed class ChannelVerifierTests : IDisposable
{
    private static readonly DateTimeOffset Now = Samples.Created;
    private static readonly ReleaseRef Release = new("pydocs-slm", "1.0.0", Digest.Of("i"u8), 700, Digest.Of("b"u8));
    private static readonly ChannelDocument Document = new()
    {
        Schema = 1,
        Channel = "stable",
        Version = 7,
        IssuedAt = Now.AddHours(-1),
        Expires = Now.AddHours(1),
        Stable = Release,
        Candidate = new("r1", Release, "salt", [new("canary", 0.1, new Dictionary<string, string> { ["site"] = "lab" })], 60),
        Withdrawn = [Digest.Of("w"u8)],
    };

    private readonly LocalSigningKey _key = LocalSigningKey.CreateInMemory();

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task Verify_GoodDocument_ComesBackWhole()
    {
        var verdict = await VerifyAsync(Document);

        Assert.True(verdict.IsAccepted, verdict.Reason);
        Assert.Equal(Document.Stable, verdict.Document!.Stable);
        Assert.Equal(Document.Withdrawn, verdict.Document.Withdrawn);
        Assert.Equal("lab", verdict.Document.Candidate!.OpenRings[0].Selector["site"]);
    }

    private static readonly ChannelOverlay Overlay = new(
        "lab",
        "1",
        new Dictionary<string, string> { ["site"] = "lab" },
        60,
        true,
        [new(Digest.Of("m"u8), Digest.Of("c"u8), Digest.Of("e"u8), 900)]);

    [Fact]
    public async Task Verify_WithAdaptations_TheyComeBack()
    {
        var verdict = await VerifyAsync(Document with { Overlays = [Overlay] });

        Assert.Equal(Overlay.Compositions, Assert.Single(verdict.Document!.Overlays).Compositions);
    }

    [Fact]
    public async Task Verify_DocumentOfAnEarlierWriter_HasNoAdaptations()
    {
        var json = JsonSerializer.SerializeToNode(Document, ContractsJson.Default.ChannelDocument)!.AsObject();
        Assert.True(json.Remove("overlays"));
        var envelope = await Dsse.SignAsync(ChannelDocument.PayloadType, Encoding.UTF8.GetBytes(json.ToJsonString()), _key, Stop);

        Assert.Empty(ChannelVerifier.Verify(envelope, _key.PublicKey, "stable", Now, 0).Document!.Overlays);
    }

    public static TheoryData<string> BadOverlays => [.. Bad.Keys];

    private static readonly Dictionary<string, IReadOnlyList<ChannelOverlay>> Bad = new()
    {
        ["null"] = [null!],
        ["no compositions"] = [Overlay with { Compositions = null! }],
        ["no selector"] = [Overlay with { Selector = null! }],
        ["no name"] = [Overlay with { Name = default }],
        ["negative soak"] = [Overlay with { SoakSeconds = -1 }],
        ["soak of a month"] = [Overlay with { SoakSeconds = 30 * 86_400 }],
        ["too many"] = [.. Enumerable.Repeat(Overlay, 33)],
        ["too many labels"] = [Overlay with { Selector = Enumerable.Range(0, 33).ToDictionary(number => $"l{number}", _ => "v") }],
        ["no base"] = [Overlay with { Compositions = [Overlay.Compositions[0] with { Base = default }] }],
        ["no envelope"] = [Overlay with { Compositions = [Overlay.Compositions[0] with { Envelope = default }] }],
        ["huge envelope"] = [Overlay with { Compositions = [Overlay.Compositions[0] with { EnvelopeSize = 1 << 20 }] }],
        ["two for one base"] = [Overlay with { Compositions = [Overlay.Compositions[0], Overlay.Compositions[0]] }],
        ["too many compositions"] =
        [
            .. Enumerable
                .Range(0, 30)
                .Select(_ =>
                    Overlay with
                    {
                        Compositions =
                        [
                            .. Enumerable
                                .Range(0, 9)
                                .Select(number => Overlay.Compositions[0] with { Base = Digest.Of(BitConverter.GetBytes(number)) }),
                        ],
                    }
                ),
        ],
    };

    [Theory]
    [MemberData(nameof(BadOverlays))]
    public async Task Verify_AdaptationsOutOfBounds_IsMalformed(string what) =>
        Assert.Equal("malformed", (await VerifyAsync(Document with { Overlays = Bad[what] })).ReasonCode);

    [Fact]
    public async Task Verify_SameVersionAgain_IsAccepted() => Assert.True((await VerifyAsync(Document, lowest: 7)).IsAccepted);

    [Fact]
    public async Task Verify_LowerVersion_IsRollback() => Assert.Equal("rollback", (await VerifyAsync(Document, lowest: 8)).ReasonCode);

    [Fact]
    public async Task Verify_AtExpiry_IsExpired() =>
        Assert.Equal("expired", (await VerifyAsync(Document with { Expires = Now })).ReasonCode);

    [Fact]
    public async Task Verify_OtherChannel_IsWrongChannel() =>
        Assert.Equal("wrong-channel", (await VerifyAsync(Document with { Channel = "beta" })).ReasonCode);

    [Fact]
    public async Task Verify_NewerSchema_IsWrongSchema() =>
        Assert.Equal("wrong-schema", (await VerifyAsync(Document with { Schema = 2 })).ReasonCode);

    [Fact]
    public async Task Verify_NewerSchemaOfAnotherShape_IsWrongSchema()
    {
        var envelope = await Dsse.SignAsync(ChannelDocument.PayloadType, """{"schema":2,"channel":{}}"""u8.ToArray(), _key, Stop);

        Assert.Equal("wrong-schema", ChannelVerifier.Verify(envelope, _key.PublicKey, "stable", Now, 0).ReasonCode);
    }

    [Fact]
    public async Task Verify_OtherKey_IsBadSignature()
    {
        using var other = LocalSigningKey.CreateInMemory();
        var envelope = await ChannelSigner.SignAsync(Document, other, Stop);

        Assert.Equal("bad-signature", ChannelVerifier.Verify(envelope, _key.PublicKey, "stable", Now, 0).ReasonCode);
    }

    [Fact]
    public void Verify_EndlessDocument_IsTooLarge() =>
        Assert.Equal("too-large", ChannelVerifier.Verify(new byte[Limits.ChannelBytes + 1], _key.PublicKey, "stable", Now, 0).ReasonCode);

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"schema":1}""")]
    [InlineData("""{"schema":1,"channel":"stable","version":1,"issuedAt":"x"}""")]
    public async Task Verify_SignedNonsense_IsRefused(string payload)
    {
        var envelope = await Dsse.SignAsync(ChannelDocument.PayloadType, Encoding.UTF8.GetBytes(payload), _key, Stop);

        Assert.Contains(
            ChannelVerifier.Verify(envelope, _key.PublicKey, "stable", Now, 0).ReasonCode,
            new[] { "malformed", "wrong-schema" }
        );
    }

    [Theory]
    [InlineData("channel")]
    [InlineData("stable.model")]
    [InlineData("stable.version")]
    [InlineData("overlays[0].name")]
    [InlineData("overlays[0].version")]
    public async Task Verify_NameThatIsNone_IsMalformed(string path)
    {
        var json = JsonSerializer.SerializeToNode(Document with { Overlays = [Overlay] }, ContractsJson.Default.ChannelDocument)!;
        var steps = path.Replace("[0]", ".0").Split('.');
        var parent = steps[..^1].Aggregate(json, (node, step) => (step == "0" ? node[0] : node[step])!);
        parent[steps[^1]] = "../x";
        var envelope = await Dsse.SignAsync(ChannelDocument.PayloadType, Encoding.UTF8.GetBytes(json.ToJsonString()), _key, Stop);

        Assert.Equal("malformed", ChannelVerifier.Verify(envelope, _key.PublicKey, "stable", Now, 0).ReasonCode);
    }

    public static TheoryData<ChannelDocument> OutOfBounds => new()
    {
        Document with { Version = 0 },
        Document with { Channel = default },
        Document with { Stable = Release with { Model = default } },
        Document with { Stable = Release with { Size = Limits.IndexBytes + 1L } },
        Document with { Stable = Release with { Signature = default } },
        Document with { Candidate = Document.Candidate! with { SoakSeconds = -1 } },
        Document with { Candidate = Document.Candidate! with { OpenRings = [new("a", 1.5, new Dictionary<string, string>())] } },
    };

    [Theory]
    [MemberData(nameof(OutOfBounds), DisableDiscoveryEnumeration = true)]
    public async Task Verify_ValueOutOfBounds_IsMalformed(ChannelDocument document) =>
        Assert.Equal("malformed", (await VerifyAsync(document)).ReasonCode);

    private async Task<ChannelVerdict> VerifyAsync(ChannelDocument document, long lowest = 0) =>
        ChannelVerifier.Verify(await ChannelSigner.SignAsync(document, _key, Stop), _key.PublicKey, "stable", Now, lowest);
}
