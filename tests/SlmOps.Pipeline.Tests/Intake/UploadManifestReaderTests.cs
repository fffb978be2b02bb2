using System.Globalization;
using System.Text;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Tests.Intake;

public sealed class UploadManifestReaderTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "schema": 1, "name": "phi", "version": "1.0", "evaluation": {}, "acceptance": {}, "rollout": {} }""")]
    public void Read_NothingAsked_GivesTheDefaults(string json)
    {
        var manifest = Good(json);

        Assert.Null(manifest.Model);
        Assert.Null(manifest.Tokenizer);
        Assert.Null(manifest.Smoke);
        Assert.Equal(new EvaluationRequest(null, 128, 20_000), manifest.Evaluation);
        Assert.Equal(
            [new("fp32", null), new("int8", new() { Recipe = "int8" }), new("int4", new() { Recipe = "int4" })],
            manifest.Variants);
        Assert.Equal(new AcceptanceLimits(0.05, 0.10, 0.80, 15), manifest.Acceptance);
        Assert.Null(manifest.Rollout.Channel);
        Assert.Equal((60, 1800), (manifest.Rollout.SoakSeconds, manifest.Rollout.DeadlineSeconds));
        Assert.Equal([("canary", 0.1, 0), ("early", 0.5, 0), ("all", 1, 0)],
            manifest.Rollout.Rings.Select(ring => (ring.Name, ring.Fraction, ring.Selector.Count)));
    }

    [Fact]
    public void Read_EveryField_IsTaken()
    {
        var manifest = Good("""
            {
              // comments are allowed
              "schema": 1, "name": "phi", "version": "1.0",
              "model": "onnx/model.onnx", "tokenizer": "tok/tokenizer.json", "smoke": "s.json",
              "evaluation": { "text": "texts/eval.txt", "windowTokens": 8, "maxTokens": 1000000 },
              "variants": [
                { "recipe": "original" },
                { "name": "small", "recipe": "int4", "blockSize": 256 },
                { "recipe": "int8" }
              ],
              "acceptance": { "maxPerplexityIncrease": 0, "maxKl": 100, "minTop1Agreement": 1, "minSqnrDb": -100 },
              "rollout": {
                "channel": "edge",
                "rings": [
                  { "name": "lab", "selector": { "site": "lab", "hw": "pi5" } },
                  { "name": "tenth", "fraction": 0.1 },
                  { "name": "all", "fraction": 1, "selector": {} },
                ],
                "soakSeconds": 0, "deadlineSeconds": 5
              },
            }
            """);

        Assert.Equal(("onnx/model.onnx", "tok/tokenizer.json", "s.json"), (manifest.Model, manifest.Tokenizer, manifest.Smoke));
        Assert.Equal(new EvaluationRequest("texts/eval.txt", 8, 1_000_000), manifest.Evaluation);
        Assert.Equal(
            [new("original", null), new("small", new() { Recipe = "int4", BlockSize = 256 }), new("int8", new() { Recipe = "int8" })],
            manifest.Variants);
        Assert.Equal(new AcceptanceLimits(0, 100, 1, -100), manifest.Acceptance);
        Assert.Equal<(ChannelName?, int, int)>(
            ("edge", 0, 5),
            (manifest.Rollout.Channel, manifest.Rollout.SoakSeconds, manifest.Rollout.DeadlineSeconds));
        Assert.Equal([("lab", 1, 2), ("tenth", 0.1, 0), ("all", 1, 0)],
            manifest.Rollout.Rings.Select(ring => (ring.Name, ring.Fraction, ring.Selector.Count)));
        Assert.Equal("pi5", manifest.Rollout.Rings[0].Selector["hw"]);
    }

    [Fact]
    public void Read_Lab_IsTakenWithItsDefaults()
    {
        var usual = Good("""{ "lab": {} }""").Lab!;
        var asked = Good("""{ "lab": { "processors": ["haswell", "haswell", "cortex-a72"], "tokens": 32, "mode": "required" } }""").Lab!;

        Assert.Null(Good("{}").Lab);
        Assert.Equal(["nehalem", "sandybridge", "haswell", "cortex-a72", "cortex-a76"], usual.Processors);
        Assert.Equal((96, false), (usual.Tokens, usual.Required));
        Assert.Equal(["haswell", "cortex-a72"], asked.Processors);
        Assert.Equal((32, true), (asked.Tokens, asked.Required));
    }

    [Fact]
    public void Read_LabOnAProcessorThatNobodyKnows_NamesThoseThatThereAre()
    {
        var problem = Assert.Single(Bad("{ \"lab\": {\n\"processors\": [\"haswell\",\n\"z80\"] } }"));

        Assert.Equal(3, problem.Line);
        Assert.Contains("'z80' is not allowed", problem.Message, StringComparison.Ordinal);
        Assert.Contains("cortex-a76", problem.Cure, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_Samples_AreTaken()
    {
        var samples = Good("""
            {
              "samples": ["a.npz", "data/b.json"],
              "inputs": { "sr": { "value": 16000 }, "image": { "shape": [1, 3, 8, 8], "min": -1, "max": 1 } },
              "dimensions": { "num frames": 80 },
              "acceptance": { "minCosine": 0.9, "minNeighbours": 0.5 }
            }
            """);

        Assert.Equal(["a.npz", "data/b.json"], samples.Samples.Files);
        Assert.Equal(new InputRequest(16000, null, null, null), samples.Samples.Inputs["sr"]);
        Assert.Equal((-1, 1), (samples.Samples.Inputs["image"].Min, samples.Samples.Inputs["image"].Max));
        Assert.Equal([1, 3, 8, 8], samples.Samples.Inputs["image"].Shape!);
        Assert.Equal(80, samples.Samples.Dimensions["num frames"]);
        Assert.Equal((0.9, 0.5), (samples.Acceptance.MinCosine, samples.Acceptance.MinNeighbours));
        Assert.Equal(["one.npy"], Good("""{ "samples": "one.npy" }""").Samples.Files);
    }

    [Theory]
    [InlineData("""{ "samples": "a.txt" }""", "samples")]
    [InlineData("""{ "samples": "../a.npz" }""", "samples")]
    [InlineData("""{ "samples": [1] }""", "samples")]
    [InlineData("""{ "samples": {} }""", "samples")]
    [InlineData("""{ "inputs": { "x": 1 } }""", "\"x\"")]
    [InlineData("""{ "inputs": { "x": { "min": 1 } } }""", "max")]
    [InlineData("""{ "inputs": { "x": { "min": 2, "max": 1 } } }""", "min")]
    [InlineData("""{ "inputs": { "x": { "value": 2, "min": 1, "max": 2 } } }""", "value")]
    [InlineData("""{ "inputs": { "x": { "shape": [0] } } }""", "shape")]
    [InlineData("""{ "inputs": { "x": { "shape": [1.5] } } }""", "shape")]
    [InlineData("""{ "inputs": { "x": { "vaule": 2 } } }""", "vaule")]
    [InlineData("""{ "dimensions": { "n": -1 } }""", "\"n\"")]
    [InlineData("""{ "dimensions": [] }""", "dimensions")]
    public void Read_SamplesThatSayNothing_AreRefused(string json, string names) =>
        Assert.Contains(names, Assert.Single(Bad(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_EveryOption_ReachesTheQuantizer()
    {
        var manifest = Good("""
            { "variants": [
              { "name": "a", "recipe": "int4", "blockSize": 64, "symmetric": false, "search": true, "feedback": true, "embeddings": true,
                "include": ["a*"], "exclude": ["b?"], "keepFloat": ["c"], "sparsity": 0.25 },
              { "name": "b", "recipe": "int4", "search": false, "twoOfFour": true, "include": [] },
              { "name": "c", "recipe": "int4-mixed", "promote": ["*v_proj*"] },
              { "name": "d", "recipe": "auto", "sizeBudget": 5000000000 },
              { "name": "e", "recipe": "auto", "errorBudget": 0.01 },
              { "name": "f", "recipe": "int8-dynamic", "signedWeights": true, "reduceRange": true } ] }
            """);

        Assert.Equal(
            """
            [{"name":"fp32","recipe":"original"},
            {"name":"a","recipe":"int4","blockSize":64,"symmetric":false,"feedback":true,"embeddings":true,"include":["a*"],"exclude":["b?"],"keepFloat":["c"],"sparsity":0.25},
            {"name":"b","recipe":"int4","search":false,"twoOfFour":true},
            {"name":"c","recipe":"int4-mixed","promote":["*v_proj*"]},
            {"name":"d","recipe":"auto","sizeBudget":5000000000},
            {"name":"e","recipe":"auto","errorBudget":0.01},
            {"name":"f","recipe":"int8-dynamic","signedWeights":true,"reduceRange":true}]
            """.ReplaceLineEndings(""),
            JsonSerializer.Serialize(manifest.Variants));
    }

    [Theory]
    [InlineData("""{ "variants": [ { "recipe": "int4" } ] }""", "fp32=original, int4=int4")]
    [InlineData("""{ "variants": [] }""", "fp32=original")]
    [InlineData("""{ "variants": [ { "recipe": "int4" }, { "name": "full", "recipe": "original" } ] }""", "int4=int4, full=original")]
    public void Read_Variants_AlwaysHoldTheOriginal(string json, string expected) =>
        Assert.Equal(expected, string.Join(", ", Good(json).Variants.Select(variant => $"{variant.Name}={variant.Recipe}")));

    [Fact]
    public void Read_OtherVariantWithTheNameOfTheOriginal_IsRefused()
    {
        var problem = Assert.Single(Bad("""
            { "variants": [
              { "name": "fp32", "recipe": "int4" } ] }
            """));

        Assert.Equal(2, problem.Line);
        Assert.Contains("fp32", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ManyMistakes_FindsAllWithTheirLines()
    {
        var problems = Bad("""
            {
              "schema": 2,
              "name": "psi",
              "modle": "model.onnx",
              "tokenizer": "../tokenizer.json",
              "evaluation": { "windowTokens": 4,
                "maxTokens": 100.5 },
              "smoke": 7,
              "variants": [
                { "recipe": "int3" },
                { "name": "B A D", "recipe": "int4", "blockSize": 48 },
                { "name": "int8", "recipe": "int4" }, { "name": "int8", "recipe": "int4" },
                "int4",
                { "name": "nothing" }
              ],
              "acceptance": { "maxKl": "low", "minTop1Agreement": 1.5 },
              "rollout": {
                "rings": [
                  { "fraction": 2 },
                  { "name": "all", "selector": { "Site": "lab",
                    "hw": 5 } } ],
                "soakSeconds": null }
            }
            """);

        string[] expected =
        [
            "2 \"schema\"", "3 \"name\"", "4 \"modle\"", "5 \"tokenizer\"", "6 \"windowTokens\"", "7 \"maxTokens\"", "8 \"smoke\"",
            "10 \"recipe\"", "11 \"name\"", "11 \"blockSize\"", "12 \"name\"", "13 \"variants\"[4]", "14 \"recipe\"",
            "16 \"maxKl\"", "16 \"minTop1Agreement\"", "19 \"name\"", "19 \"fraction\"", "20 'Site'", "21 'hw'", "22 \"soakSeconds\"",
        ];
        Assert.All(expected, place =>
        {
            var (line, what) = (int.Parse(place.Split(' ')[0], CultureInfo.InvariantCulture), place.Split(' ')[1]);
            Assert.Contains(problems, problem => problem.Line == line && problem.Message.Contains(what, StringComparison.Ordinal));
        });
        Assert.All(problems, problem =>
        {
            Assert.Equal(("manifest-invalid", "slmops.json"), (problem.Code, problem.File));
            Assert.StartsWith($"slmops.json line {problem.Line}: ", problem.Message, StringComparison.Ordinal);
            Assert.EndsWith(".", problem.Cure, StringComparison.Ordinal);
        });
        Assert.Equal(expected.Length, problems.Count);
    }

    [Theory]
    [InlineData(
        """{ "modle": "m.onnx" }""",
        "has the unknown key \"modle\"",
        "use one of: $schema, acceptance, dimensions, evaluation, inputs, lab, model, name,")]
    [InlineData("""{ "Model": "m.onnx" }""", "has the unknown key \"Model\"", "use one of:")]
    [InlineData("""{ "evaluation": { "texts": "e" } }""", "\"evaluation\" has the unknown key \"texts\"", "maxTokens, text, windowTokens")]
    [InlineData(
        """{ "rollout": { "rings": [ { "name": "all", "share": 1 } ] } }""",
        "\"rings\"[0] has the unknown key \"share\"",
        "fraction, name, selector")]
    [InlineData("""{ "variants": [ { "recipe": "fp8" } ] }""", "'fp8' is not allowed", "one of original, fp16, int8,")]
    [InlineData("""{ "variants": [ {} ] }""", "\"recipe\" in \"variants\"[0]: is missing", "Add \"recipe\"")]
    [InlineData("""{ "version": "2.0" }""", "'2.0' differs from '1.0'", "upload to the folder that it names")]
    [InlineData("""{ "model": "/etc/passwd" }""", "'/etc/passwd' is not allowed", SafePath.Rule)]
    [InlineData("""{ "model": "a/../../b" }""", "is not allowed", SafePath.Rule)]
    [InlineData("""{ "model": null }""", "\"model\" in the document: is null", "Use a string")]
    [InlineData("""{ "model": ["m.onnx"] }""", "is array", "Use a string")]
    [InlineData("""{ "evaluation": [] }""", "is array", "Use an object")]
    [InlineData("""{ "variants": {} }""", "is object", "Use a list of objects")]
    [InlineData(
        """{ "variants": [ { "recipe": "int8", "blockSize": 8 } ] }""",
        "\"blockSize\" in \"variants\"[0]: cannot be 8",
        "Use 16, 32, 64, 128 or 256")]
    [InlineData(
        """{ "variants": [ { "recipe": "int8", "blockSize": 32.5 } ] }""",
        "32.5 is not a whole number",
        "Use 16, 32, 64, 128 or 256")]
    [InlineData(
        """{ "variants": [ { "recipe": "int4", "sizeBudget": 1000 } ] }""",
        "\"sizeBudget\" in \"variants\"[0]: has no effect in recipe int4",
        "use it with auto")]
    [InlineData(
        """{ "variants": [ { "recipe": "fp16", "search": true } ] }""",
        "\"search\" in \"variants\"[0]: has no effect in recipe fp16",
        "Leave it out")]
    [InlineData(
        """{ "variants": [ { "recipe": "original", "exclude": ["a"] } ] }""",
        "\"exclude\" in \"variants\"[0]: has no effect in recipe original",
        "Leave it out")]
    [InlineData(
        """{ "variants": [ { "recipe": "prune" } ] }""",
        "\"sparsity\" in \"variants\"[0]: is missing",
        "Give sparsity or twoOfFour")]
    [InlineData("""{ "variants": [ { "recipe": "prune", "sparsity": 1 } ] }""", "cannot be 1", "more than 0 and at most 0.95")]
    [InlineData(
        """{ "variants": [ { "recipe": "int4", "threads": 2 } ] }""",
        "unknown key \"threads\"",
        "use one of: accuracyLevel, blockSize,")]
    [InlineData(
        """{ "variants": [ { "recipe": "int4", "feedback": "yes" } ] }""",
        "\"feedback\" in \"variants\"[0]: is string",
        "Use true or false")]
    [InlineData("""{ "$schema": 7 }""", "\"$schema\" in the document: is number", "Use a string")]
    [InlineData("""{ "acceptance": { "maxKl": 1e999 } }""", "is out of range", "from 0 to 100")]
    [InlineData("""{ "acceptance": { "maxKl": -0.1 } }""", "-0.1 is out of range", "from 0 to 100")]
    [InlineData("""{ "rollout": { "soakSeconds": 604801 } }""", "604801 is out of range", "from 0 to 604800")]
    [InlineData("""{ "rollout": { "deadlineSeconds": 4 } }""", "4 is out of range", "from 5 to 2592000")]
    [InlineData("""{ "rollout": { "channel": "Edge" } }""", "'Edge' is not allowed", SafeName.Rule)]
    [InlineData("""{ "rollout": { "rings": [] } }""", "the last ring does not reach every device", "\"fraction\": 1 and no \"selector\"")]
    [InlineData(
        """{ "rollout": { "rings": [ { "name": "half", "fraction": 0.5 } ] } }""",
        "the last ring does not reach every device",
        "End with")]
    [InlineData(
        """{ "rollout": { "rings": [ { "name": "lab", "selector": { "site": "lab" } } ] } }""",
        "the last ring does not reach every device",
        "End with")]
    [InlineData("""{ "rollout": { "rings": [ { "name": "a" }, { "name": "a" } ] } }""", "the ring 'a' stands twice", "a name of its own")]
    [InlineData("[]", "the document is not a JSON object", "Write { … }")]
    [InlineData("7", "the document is not a JSON object", "Write { … }")]
    [InlineData("null", "the document is not a JSON object", "Write { … }")]
    public void Read_OneMistake_SaysWhatAndTheCure(string json, string message, string cure)
    {
        var problem = Assert.Single(Bad(json));

        Assert.Equal(1, problem.Line);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Contains(cure, problem.Cure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("variants", "\"recipe\": \"int8\"")]
    [InlineData("rings", "\"fraction\": 1")]
    public void Read_TooManyEntries_IsRefusedOnce(string key, string fields)
    {
        var list = string.Join(",", Enumerable.Range(0, 17).Select(number => $$"""{ "name": "n{{number}}", {{fields}} }"""));
        var json = key == "rings" ? $$"""{ "rollout": { "rings": [{{list}}] } }""" : $$"""{ "variants": [{{list}}] }""";

        Assert.Contains("17 entries", Assert.Single(Bad(json)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n\"model\": \"a\",\n\"model\": \"b\"\n}", 3, "'model' stands twice")]
    [InlineData("{\n  \"model\": \"a\"\n  \"smoke\": \"b\"\n}", 3, "")]
    [InlineData("", 1, "")]
    [InlineData("PK\u0003\u0004", 1, "")]
    [InlineData("{\n\"model\": \"\\ud800\"}", 2, "")]
    public void Read_NotJson_NamesTheLine(string json, int line, string message)
    {
        var problem = Assert.Single(Bad(json));

        Assert.Equal(("manifest-not-json", line), (problem.Code, problem.Line));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_DeepNesting_NamesTheLine()
    {
        var problem = Assert.Single(Bad("{\n\"model\": " + new string('[', 100_000)));

        Assert.Equal(("manifest-not-json", 2), (problem.Code, problem.Line));
    }

    [Fact]
    public void Read_SampleModel_IsGood()
    {
        var file = Path.Combine(RepositoryRoot.Path, "infra", "samples", "pydocs-slm", "slmops.json");

        var (manifest, problems) = UploadManifestReader.Read(File.ReadAllBytes(file), "slmops.json", new("pydocs-slm", "1.0.0"));

        Assert.Empty(problems);
        Assert.Equal(["fp32", "int8", "int4"], manifest!.Variants.Select(variant => variant.Name));
    }

    private static UploadManifest Good(string json)
    {
        var (manifest, problems) = Read(json);
        Assert.Empty(problems);
        return manifest!;
    }

    private static IReadOnlyList<Problem> Bad(string json)
    {
        var (manifest, problems) = Read(json);
        Assert.Null(manifest);
        return problems;
    }

    private static (UploadManifest? Manifest, IReadOnlyList<Problem> Problems) Read(string json) =>
        UploadManifestReader.Read(Encoding.UTF8.GetBytes(json), "slmops.json", new("phi", "1.0"));
}
