using System.Text.Json.Nodes;
using SlmOps.Contracts;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Tests.Intake;

public sealed class UploadTextReaderTests
{
    private const string Tokenizer = "tokenizer.json";
    private static readonly string Sample = Path.Combine(RepositoryRoot.Path, "infra", "samples", "pydocs-slm");

    [Fact]
    public void Read_SampleModel_CountsItsTokens()
    {
        var texts = Read(Sample, text: "eval.txt", smoke: "smoke.json");

        Assert.Empty(texts.Problems);
        Assert.Equal(2048, texts.Vocabulary);

        // A byte-level tokenizer of 2048 entries needs between one token for four bytes and one for one.
        Assert.InRange(texts.EvaluationTokens!.Value, 58_308 / 4, 58_308);
    }

    [Fact]
    public void Read_NothingNamed_ReadsNothing() =>
        Assert.Equal((null, null, 0), Shape(new UploadTextReader(new()).Read(UploadManifest.Default, "/nowhere", predicts: true)));

    [Theory]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("")]
    [InlineData("""{"model":{"type":"WordPiece","vocab":{}}}""")]
    public void Read_TokenizerOfNoUse_IsAProblem(string json)
    {
        using var folder = new TemporaryFolder().With(Tokenizer, json).With("eval.txt", "text");

        var texts = Read(folder.Root, text: "eval.txt");

        var problem = Assert.Single(texts.Problems);
        Assert.Equal(("tokenizer-invalid", Tokenizer), (problem.Code, problem.File));
        Assert.Equal((null, null, 1), Shape(texts));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void Read_TokenizerThatNothingNeeds_IsAWarning(bool predicts, bool hasText)
    {
        using var folder = new TemporaryFolder().With(Tokenizer, "{}").With("eval.txt", "text");
        var manifest = UploadManifest.Default with
        {
            Tokenizer = Tokenizer,
            Evaluation = EvaluationRequest.Default with { Text = hasText ? "eval.txt" : null },
        };

        var texts = new UploadTextReader(new()).Read(manifest, folder.Root, predicts);

        Assert.Empty(texts.Problems);
        Assert.Equal(("tokenizer-unread", Tokenizer), (Assert.Single(texts.Warnings).Code, texts.Warnings[0].File));
    }

    [Fact]
    public void Read_TextThatIsNotUtf8_IsAProblem()
    {
        using var folder = WithTokenizer().With("eval.txt", [0x61, 0xff, 0x62]);

        Assert.Equal("evaluation-text-encoding", Assert.Single(Read(folder.Root, text: "eval.txt").Problems).Code);
    }

    [Fact]
    public void Read_TextBeyondTheLimit_IsAProblem()
    {
        using var folder = WithTokenizer().With("eval.txt", new string('a', 1025));

        Assert.Equal("evaluation-text-long", Assert.Single(Read(folder.Root, text: "eval.txt", maxBytes: 1024).Problems).Code);
    }

    [Fact]
    public void Read_TextAtTheLimit_IsRead()
    {
        using var folder = WithTokenizer().With("eval.txt", new string('a', 1024));

        Assert.InRange(Read(folder.Root, text: "eval.txt", maxBytes: 1024).EvaluationTokens!.Value, 1, 1024);
    }

    [Fact]
    public void Read_EmptyText_HasNoTokens()
    {
        using var folder = WithTokenizer().With("eval.txt", "");

        Assert.Equal((2048, 0, 0), Shape(Read(folder.Root, text: "eval.txt")));
    }

    [Fact]
    public void Read_TextThatTakesThePatternTooLong_IsAProblem()
    {
        // Nested repetition under a look-ahead: 2^n ways to fail at the end of n letters.
        var tokenizer = JsonNode.Parse(File.ReadAllText(Path.Combine(Sample, Tokenizer)))!;
        tokenizer["pre_tokenizer"] = JsonNode.Parse("""
            { "type": "Split", "pattern": { "Regex": "(a+)+(?!a)b" }, "behavior": "Isolated", "invert": false }
            """);
        using var folder = new TemporaryFolder().With(Tokenizer, tokenizer.ToJsonString()).With("eval.txt", new string('a', 100) + "!");

        var problem = Assert.Single(Read(folder.Root, text: "eval.txt").Problems);

        Assert.Equal("evaluation-text-unreadable", problem.Code);
        Assert.Contains("(a+)+(?!a)b", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "maxNewTokens": 16, "minAgreement": 0.75, "prompts": [ { "text": "import os" } ] }""")]
    [InlineData("""{ "maxNewTokens": 1, "minAgreement": 0, "prompts": [ { "text": "", "promptTokens": [0, 2047] } ] }""")]
    [InlineData("""{ "maxNewTokens": 256, "minAgreement": 1, "prompts": [ { "promptTokens": [5], "greedyTokens": [6] } ] }""")]
    public void Read_SmokePrompts_AreTaken(string json)
    {
        using var folder = WithTokenizer().With("smoke.json", json);

        Assert.Empty(Read(folder.Root, smoke: "smoke.json").Problems);
    }

    [Theory]
    [InlineData("""{ "maxNewTokens": 16, "minAgreement": 0.75, "prompts": [] }""", "prompts")]
    [InlineData("""{ "maxNewTokens": 16, "minAgreement": 0.75, "prompts": null }""", "prompts")]
    [InlineData("""{ "maxNewTokens": 16, "minAgreement": 0.75 }""", "prompts")]
    [InlineData("""{ "maxNewTokens": 16, "minAgreement": 0.75, "prompts": [ null ] }""", "without tokens")]
    [InlineData("""{ "maxNewTokens": 16, "minAgreement": 0.75, "prompts": [ {} ] }""", "without tokens")]
    [InlineData("""{ "maxNewTokens": 16, "minAgreement": 0.75, "prompts": [ { "text": "", "promptTokens": [] } ] }""", "without tokens")]
    [InlineData("""{ "maxNewTokens": 16, "minAgreement": 0.75, "prompts": [ { "promptTokens": [2048] } ] }""", "2048")]
    [InlineData("""{ "maxNewTokens": 16, "minAgreement": 0.75, "prompts": [ { "promptTokens": [1, -1] } ] }""", "-1")]
    [InlineData("""{ "maxNewTokens": 0, "minAgreement": 0.75, "prompts": [ { "text": "a" } ] }""", "out of range")]
    [InlineData("""{ "maxNewTokens": 257, "minAgreement": 0.75, "prompts": [ { "text": "a" } ] }""", "out of range")]
    [InlineData("""{ "maxNewTokens": 16, "minAgreement": 1.01, "prompts": [ { "text": "a" } ] }""", "out of range")]
    [InlineData("""{ "maxNewTokens": 16, "minAgreement": -0.01, "prompts": [ { "text": "a" } ] }""", "out of range")]
    [InlineData("""{ "maxNewTokens": "16", "prompts": {} }""", "not valid")]
    [InlineData("null", "prompts")]
    [InlineData("[]", "not valid")]
    [InlineData("", "not valid")]
    public void Read_SmokeOfNoUse_IsAProblem(string json, string message)
    {
        using var folder = WithTokenizer().With("smoke.json", json);

        var problems = Read(folder.Root, smoke: "smoke.json").Problems;

        Assert.Contains(problems, problem => problem.Message.Contains(message, StringComparison.Ordinal));
        Assert.All(problems, problem => Assert.Equal(("smoke-invalid", "smoke.json"), (problem.Code, problem.File)));
    }

    [Theory]
    [InlineData(64, 0)]
    [InlineData(65, 1)]
    public void Read_NumberOfPrompts_IsBounded(int count, int problems)
    {
        var prompts = string.Join(",", Enumerable.Repeat("""{ "text": "a" }""", count));
        using var folder = WithTokenizer().With("smoke.json", $$"""{ "maxNewTokens": 1, "minAgreement": 1, "prompts": [{{prompts}}] }""");

        Assert.Equal(problems, Read(folder.Root, smoke: "smoke.json").Problems.Count);
    }

    [Theory]
    [InlineData(1, 4096, null)]
    [InlineData(1, 4097, "a prompt of 4097 tokens")]
    [InlineData(4, 4096, null)]
    [InlineData(5, 4096, "20480 tokens of prompts")]
    public void Read_TokensOfPrompts_AreBounded(int prompts, int tokens, string? message)
    {
        var prompt = $$"""{ "promptTokens": [{{string.Join(",", Enumerable.Repeat("1", tokens))}}] }""";
        using var folder = WithTokenizer()
            .With(
                "smoke.json",
                $$"""{ "maxNewTokens": 1, "minAgreement": 1, "prompts": [{{string.Join(",", Enumerable.Repeat(prompt, prompts))}}] }""");

        var problems = Read(folder.Root, smoke: "smoke.json").Problems;

        Assert.Equal(message is null, problems.Count == 0);
        Assert.All(problems, problem => Assert.Contains(message!, problem.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_TextOfAPrompt_CountsAsItsTokens()
    {
        using var folder = WithTokenizer()
            .With(
                "smoke.json",
                $$"""{ "maxNewTokens": 1, "minAgreement": 1, "prompts": [ { "text": "{{string.Concat(Enumerable.Repeat("word ", 9000))}}" } ] }"""
            );

        Assert.Contains("a prompt of", Assert.Single(Read(folder.Root, smoke: "smoke.json").Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SmokeTextWithoutTokenizer_IsAProblem()
    {
        using var folder = new TemporaryFolder().With(
            "smoke.json",
            """{ "maxNewTokens": 1, "minAgreement": 1, "prompts": [ { "text": "a" } ] }""");

        var texts = new UploadTextReader(new()).Read(UploadManifest.Default with { Smoke = "smoke.json" }, folder.Root, predicts: true);

        Assert.Contains("without tokens", Assert.Single(texts.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SmokeThatIsNotJson_NamesTheLine()
    {
        using var folder = WithTokenizer().With("smoke.json", "{\n  \"maxNewTokens\": 1,\n  oops\n}");

        Assert.Equal(3, Assert.Single(Read(folder.Root, smoke: "smoke.json").Problems).Line);
    }

    [Fact]
    public void Read_SmokeBeyondTheLimit_IsAProblem()
    {
        using var folder = WithTokenizer().With("smoke.json", new string(' ', 1025));

        Assert.Contains(
            "1025 bytes",
            Assert.Single(Read(folder.Root, smoke: "smoke.json", maxBytes: 1024).Problems).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void EvaluationTokens_LongText_IsCutToWhatTheManifestReads()
    {
        var manifest = UploadManifest.Default with { Evaluation = new("eval.txt", 128, 100) };
        var tokenizer = SlmOps.Inference.Tokenizer.Load(Path.Combine(Sample, Tokenizer));

        var cut = UploadTextReader.EvaluationTokens(manifest, Sample, tokenizer);

        Assert.Equal(
            tokenizer.Encode(File.ReadAllText(Path.Combine(Sample, "eval.txt")), TestContext.Current.CancellationToken).Take(100),
            cut);
    }

    private static (int? Vocabulary, int? Tokens, int Problems) Shape(UploadTexts texts) =>
        (texts.Vocabulary, texts.EvaluationTokens, texts.Problems.Count);

    private static TemporaryFolder WithTokenizer() =>
        new TemporaryFolder().With(Tokenizer, File.ReadAllBytes(Path.Combine(Sample, Tokenizer)));

    private static UploadTexts Read(string folder, string? text = null, string? smoke = null, int maxBytes = 16 << 20) =>
        new UploadTextReader(new() { MaxTextBytes = maxBytes }).Read(
            UploadManifest.Default with
            {
                Tokenizer = Tokenizer,
                Smoke = smoke,
                Evaluation = new(text, 128, 20_000),
            },
            folder,
            predicts: true);
}
