using System.Text.Json;

namespace SlmOps.Contracts.Tests;

public sealed class DigestTests
{
    // SHA-256 of "" and "abc": FIPS 180-4 example values.
    private const string Empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private const string Abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    [Theory]
    [InlineData("", Empty)]
    [InlineData("abc", Abc)]
    public async Task Of_KnownText_GivesPublishedDigest(string text, string expected)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        using var stream = new MemoryStream(bytes);

        Assert.Equal(expected, Digest.Of(bytes).ToString());
        Assert.Equal(expected, (await Digest.OfAsync(stream, TestContext.Current.CancellationToken)).ToString());
    }

    [Fact]
    public void Parse_OciForm_KeepsIt()
    {
        var digest = Digest.Parse(Abc);

        Assert.Equal(Abc, digest.ToString());
        Assert.Equal(Abc["sha256:".Length..], digest.Hex);
        Assert.False(digest.IsEmpty);
        Assert.Equal(Digest.Of("abc"u8), digest);
        Assert.NotEqual(Digest.Of("abd"u8), digest);
    }

    public static TheoryData<string> NotDigests =>
    [
        "",
        "sha256:",
        Abc[..^1],
        Abc + "0",
        Abc + "\n",
        " " + Abc[..^1],
        Abc.ToUpperInvariant(),
        Abc.Replace("b", "B", StringComparison.Ordinal),
        Abc.Replace("sha256:", "sha512:", StringComparison.Ordinal),
        Abc.Replace("sha256:", "", StringComparison.Ordinal),
        Abc.Replace(':', '-'),
        Abc[..^1] + "g",
        Abc[..^1] + "/",
        Abc[..^1] + "٣",
        Abc[..^1] + "\0",
        "sha256:" + new string('.', 64),
    ];

    [Theory]
    [MemberData(nameof(NotDigests))]
    public void TryParse_AnythingElse_IsRefused(string text)
    {
        Assert.False(Digest.TryParse(null, out _));
        Assert.False(Digest.TryParse(text, out var digest));
        Assert.True(digest.IsEmpty);
    }

    [Fact]
    public void Parse_AnythingElse_SaysWhatIsExpected()
    {
        var fault = Assert.Throws<FormatException>(() => Digest.Parse("latest"));

        Assert.Contains("'latest'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("sha256:", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromHash_OtherLength_IsRefused()
    {
        Assert.Equal(Empty, Digest.FromHash(Convert.FromHexString(Empty["sha256:".Length..])).ToString());
        Assert.Throws<ArgumentException>(() => Digest.FromHash(new byte[31]));
        Assert.Throws<ArgumentException>(() => Digest.FromHash(new byte[33]));
    }

    [Fact]
    public void Default_StandsForNone()
    {
        Digest none = default;

        Assert.True(none.IsEmpty);
        Assert.Equal("", none.ToString());
        Assert.Equal(default, none);
        Assert.Throws<InvalidOperationException>(() => none.Hex);
    }

    [Fact]
    public void Json_DefaultIsNull_AndBack()
    {
        Assert.Equal("null", JsonSerializer.Serialize(default(Digest)));
        Assert.True(JsonSerializer.Deserialize<Digest>("null").IsEmpty);
        Assert.Equal($"\"{Abc}\"", JsonSerializer.Serialize(Digest.Parse(Abc)));
        Assert.Equal(Digest.Parse(Abc), JsonSerializer.Deserialize<Digest>($"\"{Abc}\""));
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"sha256:00\"")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("true")]
    public void Json_AnythingElse_IsRefused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Digest>(json));
}
