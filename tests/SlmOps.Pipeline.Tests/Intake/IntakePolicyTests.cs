using SlmOps.Contracts;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Tests.Intake;

public sealed class IntakePolicyTests
{
    private static readonly UploadTexts NoTexts = new(null, null, []);

    [Fact]
    public void Assign_UsualNames_AreFound()
    {
        var (manifest, problems) = Assign(UploadManifest.Default, "config.json", "eval.txt", "model.onnx", "smoke.json", "tokenizer.json");

        Assert.Empty(problems);
        Assert.Equal(("model.onnx", "tokenizer.json", "smoke.json", "eval.txt"),
            (manifest.Model, manifest.Tokenizer, manifest.Smoke, manifest.Evaluation.Text));
    }

    [Fact]
    public void Assign_ModelAlone_LeavesTheRestOpen()
    {
        var (manifest, problems) = Assign(UploadManifest.Default, "onnx/decoder.onnx", "onnx/decoder.onnx.data");

        Assert.Empty(problems);
        Assert.Equal(
            ("onnx/decoder.onnx", null, null, null),
            (manifest.Model, manifest.Tokenizer, manifest.Smoke, manifest.Evaluation.Text));
    }

    [Fact]
    public void Assign_NamedFiles_GoBeforeUsualOnes()
    {
        var asked = UploadManifest.Default with
        {
            Model = "b.onnx",
            Tokenizer = "t/t.json",
            Smoke = "s.json",
            Evaluation = new("e.txt", 64, 1000),
        };

        var (manifest, problems) = Assign(
            asked, "a.onnx", "b.onnx", "e.txt", "eval.txt", "s.json", "smoke.json", "t/t.json", "tokenizer.json");

        Assert.Empty(problems);
        Assert.Equal(asked, manifest);
    }

    [Fact]
    public void Assign_NamedFilesThatAreMissing_AreAllNamed()
    {
        var asked = UploadManifest.Default with
        {
            Model = "m.onnx",
            Tokenizer = "t.json",
            Smoke = "s.json",
            Evaluation = new("e.txt", 64, 1000),
        };

        var (_, problems) = Assign(asked, "other.onnx", "M.onnx", "tokenizer.json");

        Assert.Equal(["m.onnx", "t.json", "s.json", "e.txt"], problems.Select(problem => problem.File));
        Assert.All(problems, problem => Assert.Equal("file-missing", problem.Code));
        Assert.Contains("\"evaluation.text\" names e.txt", problems[3].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model-missing", "no .onnx file", "tokenizer.json")]
    [InlineData("model-missing", "no .onnx file", "model.onnx.data")]
    [InlineData("model-ambiguous", "2 .onnx files: a.onnx, b/c.onnx", "b/c.onnx", "a.onnx")]
    public void Assign_NotOneModel_SaysSo(string code, string message, params string[] files)
    {
        var problem = Assert.Single(Assign(UploadManifest.Default, files).Problems);

        Assert.Equal(code, problem.Code);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""input_ids,attention_mask|logits,present.0.key""", true)]
    [InlineData("input_ids|logits", true)]
    [InlineData("input_ids|last_hidden_state", false)]
    [InlineData("image|logits", false)]
    [InlineData("Input_Ids|logits", false)]
    [InlineData("|", false)]
    public void IsLanguageModel_FollowsTheExportConvention(string ports, bool expected) =>
        Assert.Equal(expected, IntakePolicy.IsLanguageModel(Facts(ports.Split('|')[0].Split(','), ports.Split('|')[1].Split(','), "?")));

    [Theory]
    [InlineData(null, null, null, null, "2048", "")]
    [InlineData("t.json", "e.txt", 2048, 64, "2048", "")]
    [InlineData("t.json", "e.txt", 1000, 64, "2048", "")]
    [InlineData("t.json", "e.txt", 2049, 64, "2048", "tokenizer-mismatch")]
    [InlineData("t.json", "e.txt", 2049, 64, "vocab", "")]
    [InlineData("t.json", "e.txt", 2048, 63, "2048", "evaluation-text-short")]
    [InlineData("t.json", "e.txt", 2048, 0, "2048", "evaluation-text-short")]
    [InlineData("t.json", "e.txt", 9999, 0, "2048", "evaluation-text-short tokenizer-mismatch")]
    [InlineData(null, "e.txt", null, null, "2048", "tokenizer-missing")]
    [InlineData("t.json", null, 2048, null, "2048", "evaluation-text-missing")]
    [InlineData("t.json", null, 4096, null, "2048", "evaluation-text-missing tokenizer-mismatch")]
    public void Judge_LanguageModel_NeedsFilesThatFit(
        string? tokenizer, string? text, int? vocabulary, int? tokens, string width, string codes)
    {
        var manifest = UploadManifest.Default with { Model = "m.onnx", Tokenizer = tokenizer, Evaluation = new(text, 128, 1000) };

        var problems = IntakePolicy.Judge(manifest, new(Facts(["input_ids"], ["logits"], width), []), new(vocabulary, tokens, []));

        Assert.Equal(codes, string.Join(' ', problems.Select(problem => problem.Code)));
    }

    [Theory]
    [InlineData(500, true)]
    [InlineData(501, false)]
    public void WithoutUnusable_TokenizerBeyondTheTableOfAnEncoder_IsCarriedAlong(int vocabulary, bool used)
    {
        var manifest = UploadManifest.Default with { Model = "m.onnx", Tokenizer = "t.json", Evaluation = new("e.txt", 128, 1000) };
        var facts = Facts(["input_ids"], ["last_hidden_state"], "8");
        facts = facts with { Inputs = [facts.Inputs[0] with { Rows = 500 }] };

        var (usable, warnings) = IntakePolicy.WithoutUnusable(manifest, facts, new(vocabulary, 9, []));

        Assert.Equal(used ? "t.json" : null, usable.Tokenizer);
        Assert.Equal(used ? "" : "tokenizer-mismatch", string.Join(' ', warnings.Select(warning => warning.Code)));
    }

    [Fact]
    public void WithoutUnusable_TokenizerThatWasNotRead_IsNotUsed()
    {
        var manifest = UploadManifest.Default with { Model = "m.onnx", Tokenizer = "t.json" };
        var texts = new UploadTexts(null, null, []) { Warnings = [new("tokenizer-unread", "t", "t", "t.json")] };

        Assert.Empty(IntakePolicy.Judge(manifest, new(Facts(["input_ids"], ["logits"], "2048"), []), texts));
        Assert.Null(IntakePolicy.WithoutUnusable(manifest, Facts(["input_ids"], ["logits"], "2048"), texts).Manifest.Tokenizer);
    }

    [Fact]
    public void Assign_SamplesThatWereNotUploaded_AreNamed() =>
        Assert.Equal(
            "s.npz",
            Assert
                .Single(
                    Assign(
                        UploadManifest.Default with
                        {
                            Samples = SampleRequest.Default with { Files = ["s.npz"] },
                        },
                        "model.onnx").Problems)
                .File);

    [Fact]
    public void Judge_OtherModel_NeedsNoTexts()
    {
        var manifest = UploadManifest.Default with { Model = "m.onnx", Tokenizer = "t.json", Evaluation = new(null, 128, 1000) };

        Assert.Empty(IntakePolicy.Judge(manifest, new(Facts(["image"], ["classes"], "10"), []), new(99_999, null, [])));
    }

    [Fact]
    public void Judge_ScalarLogits_AreNoReasonToFail() =>
        Assert.Empty(
            IntakePolicy.Judge(UploadManifest.Default with { Model = "m.onnx" }, new(Facts(["input_ids"], ["logits"]), []), NoTexts));

    [Fact]
    public void Judge_ProblemsOfGraphAndTexts_AreGivenTogether()
    {
        var inspection = new InspectionResult(
            null,
            [
                new("graph-cycle", "The graph has a cycle.", "Export again.", null),
                new("external-data-missing", "w is missing.", "Upload w.", "w"),
            ]);
        var texts = new UploadTexts(null, null, [new("smoke-invalid", "s", "s", "smoke.json")]);

        var problems = IntakePolicy.Judge(UploadManifest.Default with { Model = "m.onnx" }, inspection, texts);

        Assert.Equal(
            [("graph-cycle", "m.onnx"), ("external-data-missing", "w"), ("smoke-invalid", "smoke.json")],
            problems.Select(problem => (problem.Code, problem.File)));
    }

    private static (UploadManifest Manifest, IReadOnlyList<Problem> Problems) Assign(UploadManifest manifest, params string[] files) =>
        IntakePolicy.Assign(manifest, [.. files.Select(path => new StoredFile(path, Digest.Of([]), 1))]);

    private static ModelFacts Facts(string[] inputs, string[] outputs, params string[] lastDimensions) => new()
    {
        IrVersion = 8,
        Producer = "test",
        Opsets = new Dictionary<string, long>(),
        Parameters = 1,
        WeightBytes = 4,
        GraphBytes = 100,
        Nodes = 1,
        Inputs = [.. inputs.Select(name => new GraphPort(name, "int64", ["1", "seq"]))],
        Outputs =
        [
            .. outputs.Select(name => new GraphPort(name, "float32", lastDimensions.Length == 0 ? [] : ["1", "seq", .. lastDimensions])),
        ],
        Operators = new Dictionary<string, int>(),
        Weights = [],
        ExternalFiles = [],
        Architecture = "",
        QuantizedNodes = 0,
    };
}
