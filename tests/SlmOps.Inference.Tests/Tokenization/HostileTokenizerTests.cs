using System.Text;
using System.Text.Json.Nodes;

namespace SlmOps.Inference.Tests.Tokenization;

public sealed class HostileTokenizerTests
{
    private const string Small = """{"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}""";

    [Theory]
    [InlineData("", "not-json")]
    [InlineData("{", "not-json")]
    [InlineData("[]", "bad-structure")]
    [InlineData("{}", "bad-structure")]
    [InlineData("""{"model":{"type":"WordLevel","vocab":{"a":0}}}""", "unsupported-model")]
    [InlineData("""{"model":{"type":"Unigram","vocab":{"a":0}}}""", "bad-structure")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[["a"]]}}""", "bad-structure")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[["a","b"]]}}""", "bad-structure")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[["a",1e999]]}}""", "bad-structure")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[["a",0],["a",1]]}}""", "duplicate-token")]
    [InlineData("""{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":1}}""", "bad-id")]
    [InlineData("""{"model":{"type":"WordPiece","vocab":{}}}""", "unknown-token")]
    [InlineData("""{"model":{"type":"WordPiece","vocab":{"[UNK]":0},"max_input_chars_per_word":2000000}}""", "bad-structure")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"end_of_word_suffix":"</w>"}}""", "unsupported-model")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0}}}""", "bad-structure")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}}""", "duplicate-id")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}}""", "duplicate-token")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""", "bad-id")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":2000000000},"merges":[]}}""", "bad-id")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":1.5},"merges":[]}}""", "bad-structure")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}""", "unknown-token")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[["a","b"]]}}""", "unknown-token")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["aa"]}}""", "bad-structure")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[3]}}""", "bad-structure")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"<unk>"}}""", "unknown-token")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"\ud800":0},"merges":[]}}""", "bad-structure")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":0,"content":"b"}]}""", "duplicate-id")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":1,"content":"a"}]}""", "duplicate-token")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"content":"a"}]}""", "bad-structure")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"NFKC"}}""", "unsupported-step")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Precompiled"}}""", "bad-structure")]
    [InlineData(
        """{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Precompiled","precompiled_charsmap":"?"}}""",
        "bad-structure")]
    [InlineData(
        """{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Precompiled","precompiled_charsmap":"/////w=="}}""",
        "bad-structure")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"UnicodeScripts"}}""", "unsupported-step")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"decoder":{"type":"CTC"}}""", "unsupported-step")]
    [InlineData(
        """{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("}}}""",
        "unsupported-pattern")]
    public void Parse_BrokenFile_IsRefusedWithItsCode(string json, string code) =>
        Assert.Equal(code, Assert.Throws<TokenizerException>(() => Parse(json)).Code);

    [Fact]
    public void Parse_MoreThanTheLimits_IsRefused()
    {
        Assert.Equal("too-large", Code(new() { MaxFileBytes = 10 }));
        Assert.Equal("too-large", Code(new() { MaxMerges = 0 }));
        Assert.Equal("bad-id", Code(new() { MaxTokens = 2 }));
        Assert.Equal(
            "too-large",
            Assert.Throws<TokenizerException>(() => Tokenizer.Parse(new MemoryStream(new byte[11]), new() { MaxFileBytes = 10 })).Code);

        static string Code(TokenizerLimits limits) =>
            Assert.Throws<TokenizerException>(() => Tokenizer.Parse(Encoding.UTF8.GetBytes(Small), limits)).Code;
    }

    [Fact]
    public void Parse_NestedBeyondAllReason_IsRefused() =>
        Assert.Equal("not-json", Assert.Throws<TokenizerException>(() => Parse(string.Concat(Enumerable.Repeat("[", 100_000)))).Code);

    [Fact]
    public void Load_MissingFile_IsRefused() =>
        Assert.Equal(
            "file-missing",
            Assert.Throws<TokenizerException>(() => Tokenizer.Load(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()))).Code);

    [Fact]
    public void Encode_TextBeyondTheLimit_IsRefused() =>
        Assert.Equal(
            "text-too-long",
            Assert
                .Throws<TokenizerException>(() =>
                    Tokenizer
                        .Parse(Encoding.UTF8.GetBytes(Small), new() { MaxTextLength = 3 })
                        .Encode("abab", TestContext.Current.CancellationToken))
                .Code);

    [Fact]
    public void Encode_NormalizerThatMultipliesTheText_IsStopped()
    {
        var json = JsonNode.Parse(Small)!;
        var growing = JsonNode.Parse($$"""{"type":"Replace","pattern":{"String":"a"},"content":"{{new string('a', 64)}}"}""")!;
        json["normalizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["normalizers"] = new JsonArray([.. Enumerable.Range(0, 10).Select(_ => growing.DeepClone())]),
        };
        var tokenizer = Parse(json.ToJsonString());
        Assert.Equal(
            "text-too-long",
            Assert.Throws<TokenizerException>(() => tokenizer.Encode("a", TestContext.Current.CancellationToken)).Code);
    }

    [Fact]
    public void Encode_OneWordOfAMillionCharacters_IsNotQuadratic() =>
        Assert.Equal(
            500_000,
            Parse(Small).Encode(string.Concat(Enumerable.Repeat("ab", 500_000)), TestContext.Current.CancellationToken).Count);

    private static Tokenizer Parse(string json) => Tokenizer.Parse(Encoding.UTF8.GetBytes(json));
}
