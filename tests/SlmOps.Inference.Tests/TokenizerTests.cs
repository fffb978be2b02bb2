using System.Text;
using SlmOps.Inference.Tests.Tokenization;
using SlmOps.Inference.Tokenization;

namespace SlmOps.Inference.Tests;

public sealed class TokenizerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Load_Sample_KnowsItsSizeAndSpecialTokens()
    {
        var tokenizer = Tokenizer.Load(Sample.TokenizerJson);
        Assert.Equal(2048, tokenizer.VocabularySize);
        Assert.Equal(0, tokenizer.BeginOfText);
        Assert.Equal(0, tokenizer.EndOfText);
        Assert.Equal(new Dictionary<string, int> { ["<|endoftext|>"] = 0 }, tokenizer.SpecialTokens);
        Assert.Equal(1, tokenizer.TokenId("!"));
        Assert.Null(tokenizer.TokenId("no such token"));
    }

    [Fact]
    public void Encode_SmokePrompts_AreTheRecordedTokensWithoutTheStart()
    {
        var tokenizer = Tokenizer.Load(Sample.TokenizerJson);
        foreach (var (text, prompt, _) in Sample.SmokePrompts())
        {
            Assert.Equal(prompt[1..], tokenizer.Encode(text, Token));
        }
    }

    [Fact]
    public void Decode_WhatWasEncoded_IsTheText()
    {
        var tokenizer = Tokenizer.Load(Sample.TokenizerJson);
        Assert.Equal(Sample.EvalText, tokenizer.Decode(tokenizer.Encode(Sample.EvalText, Token)));
    }

    [Fact]
    public void Decode_SpecialTokens_AreLeftOutUnlessWanted()
    {
        var tokenizer = Tokenizer.Load(Sample.TokenizerJson);
        var ids = tokenizer.Encode("a<|endoftext|>b", Token);
        Assert.Equal("ab", tokenizer.Decode(ids));
        Assert.Equal("a<|endoftext|>b", tokenizer.Decode(ids, skipSpecialTokens: false));
        Assert.Equal("", tokenizer.Decode([int.MaxValue, -1]));
    }

    [Fact]
    public void BeginOfText_Template_GoesBeforeUsualNames()
    {
        Assert.Equal(1, TokenizerFamilies.Parse(TokenizerFamilies.Json("llama2")).BeginOfText);
        var json = TokenizerFamilies.Json("llama3");
        Assert.Equal(0, TokenizerFamilies.Parse(json).BeginOfText);
        json["post_processor"] = System.Text.Json.Nodes.JsonNode.Parse(
            """{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|end_of_text|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}]}]}"""
        );
        Assert.Equal(1, TokenizerFamilies.Parse(json).BeginOfText);
    }

    [Fact]
    public void EndOfText_TokenOfThatNameThatIsNotSpecial_DoesNotCount()
    {
        var tokenizer = Parse("""
            {"added_tokens":[{"id":0,"content":"</s>","special":false},{"id":1,"content":"<eos>","special":true}],
             "model":{"type":"BPE","vocab":{"</s>":0,"<eos>":1},"merges":[]}}
            """);
        Assert.Equal(1, tokenizer.EndOfText);
        Assert.Null(tokenizer.BeginOfText);
    }

    [Fact]
    public void Encode_GemmaStyle_SplitsAfterSpacesAndFallsBackToBytes()
    {
        // Spaces become the mark, pieces end in it, and what the vocabulary lacks is spelled in bytes.
        var tokenizer = Parse("""
            {"added_tokens":[{"id":0,"content":"<bos>","special":true,"normalized":false}],
             "normalizer":{"type":"Replace","pattern":{"String":" "},"content":"▁"},
             "pre_tokenizer":{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious"},
             "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}]},
             "model":{"type":"BPE","byte_fallback":true,"vocab":{"<bos>":0,"<0xC3>":1,"<0xA9>":2,"▁":3,"a":4,"b":5,"▁a":6,"▁▁":7},"merges":["▁ a","▁ ▁"]}}
            """);
        Assert.Equal([4, 6, 7, 5, 1, 2], tokenizer.Encode("a a  bé", Token));
        Assert.Equal("a a  bé", tokenizer.Decode([4, 6, 7, 5, 1, 2]));
        Assert.Equal("\uFFFD", tokenizer.Decode([1]));
        Assert.Equal(0, tokenizer.BeginOfText);
    }

    [Fact]
    public void Encode_CharacterNobodyKnows_IsTheUnknownTokenOrNothing()
    {
        const string Model = """{"model":{"type":"BPE","unk_token":UNK,"fuse_unk":FUSE,"vocab":{"a":0,"<unk>":1},"merges":[]}}""";
        Assert.Equal([0, 1, 1, 0], Encode("\"<unk>\"", "false"));
        Assert.Equal([0, 1, 0], Encode("\"<unk>\"", "true"));
        Assert.Equal([0, 0], Encode("null", "false"));

        static IReadOnlyList<int> Encode(string unknown, string fuse) =>
            Parse(Model.Replace("UNK", unknown, StringComparison.Ordinal).Replace("FUSE", fuse, StringComparison.Ordinal))
                .Encode("axya", Token);
    }

    [Fact]
    public void Encode_AddedTokens_StripAndKeepToWordsAsTheySay()
    {
        var tokenizer = Parse("""
            {"added_tokens":[
               {"id":10,"content":"<m>","lstrip":true,"rstrip":true,"normalized":false},
               {"id":11,"content":"<m>x","normalized":false},
               {"id":12,"content":"ab","single_word":true,"normalized":false}],
             "model":{"type":"BPE","vocab":{"a":0,"b":1," ":2},"merges":[]}}
            """);
        Assert.Equal([0, 10, 1], tokenizer.Encode("a  <m>  b", Token));
        Assert.Equal([0, 11, 1], tokenizer.Encode("a<m>xb", Token));
        Assert.Equal([12, 2, 0, 1, 1], tokenizer.Encode("ab abb", Token));
    }

    [Fact]
    public void Encode_NormalizedAddedToken_IsFoundInNormalizedText()
    {
        var tokenizer = Parse("""
            {"added_tokens":[{"id":5,"content":"Hi","normalized":true}],"normalizer":{"type":"Lowercase"},
             "model":{"type":"BPE","vocab":{"a":0},"merges":[]}}
            """);
        Assert.Equal([0, 5, 0], tokenizer.Encode("AHIa", Token));
    }

    [Fact]
    public void Parse_MergeOfATokenThatHoldsASpace_IsCutWhereTheVocabularySays() =>
        Assert.Equal(
            [3],
            Parse("""{"model":{"type":"BPE","vocab":{"a":0," ":1,"a ":2,"a a":3},"merges":["a  ","a  a"]}}""").Encode("a a", Token));

    [Fact]
    public void Parse_ByteOrderMark_IsSkipped() =>
        Assert.Equal(1, Parse("\uFEFF{\"model\":{\"vocab\":{\"a\":0},\"merges\":[]}}").VocabularySize);

    private static Tokenizer Parse(string json) => Tokenizer.Parse(Encoding.UTF8.GetBytes(json));
}
