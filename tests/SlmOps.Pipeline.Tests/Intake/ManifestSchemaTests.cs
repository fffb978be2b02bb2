using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using SlmOps.Contracts;
using SlmOps.Pipeline.Intake;

namespace SlmOps.Pipeline.Tests.Intake;

/// <summary>The published schema is the one that the declarations make, and ajv reads it as our reader reads the file.</summary>
public sealed partial class ManifestSchemaTests
{
    private static readonly string Docs = Path.Combine(RepositoryRoot.Path, "docs");
    private static readonly string Schema = Path.Combine(Docs, "slmops.schema.json");

    [Fact]
    public void Text_IsWhatIsPublished() => Published.Check(Schema, ManifestSchema.Text);

    [Fact]
    public void Ajv_SamplesAndExamplesOfTheDocuments_AreValid()
    {
        List<string> documents =
        [
            .. Directory
                .GetFiles(Path.Combine(RepositoryRoot.Path, "infra", "samples"), "slmops.json", SearchOption.AllDirectories)
                .Select(File.ReadAllText),
        ];
        var samples = documents.Count;
        documents.AddRange(
            Directory
                .GetFiles(Docs, "*.md")
                .SelectMany(file => Example().Matches(File.ReadAllText(file)))
                .Select(match => match.Groups["json"].Value)
                .Where(json => json.Contains("\"schema\": 1,", StringComparison.Ordinal)));

        Assert.True(samples >= 2 && documents.Count >= samples + 2, "There are samples and examples to look at.");
        Assert.All(Ajv(documents), verdict => Assert.Equal("ok", verdict));
    }

    [Fact]
    public void Samples_NameTheSchema() =>
        Assert.All(
            Directory.GetFiles(Path.Combine(RepositoryRoot.Path, "infra", "samples"), "slmops.json", SearchOption.AllDirectories),
            file =>
            {
                using var sample = JsonDocument.Parse(File.ReadAllText(file));
                Assert.Equal(
                    Schema,
                    Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, sample.RootElement.GetProperty("$schema").GetString()!)));
            }
        );

    private static readonly (string Json, bool Good)[] Cases =
    [
        ("{}", true),
        ("""{ "schema": 2 }""", false),
        ("""{ "modle": "m.onnx" }""", false),
        ("""{ "name": "Phi" }""", false),
        ("""{ "name": "a..b" }""", false),
        ("""{ "model": "onnx/model.onnx" }""", true),
        ("""{ "model": "/etc/passwd" }""", false),
        ("""{ "model": "a/../b" }""", false),
        ("""{ "evaluation": { "windowTokens": 8, "maxTokens": 64 } }""", true),
        ("""{ "evaluation": { "windowTokens": 7 } }""", false),
        ("""{ "evaluation": { "maxTokens": 100.5 } }""", false),
        ("""{ "variants": [ { "recipe": "int4", "search": false, "blockSize": 16, "exclude": ["*"] } ] }""", true),
        ("""{ "variants": [ { "recipe": "int4", "feedback": false } ] }""", true),
        ("""{ "variants": [ { "recipe": "int8", "feedback": false } ] }""", false),
        ("""{ "variants": [ { "recipe": "int4", "sizeBudget": 1000 } ] }""", false),
        ("""{ "variants": [ { "recipe": "auto", "sizeBudget": 1000 } ] }""", true),
        ("""{ "variants": [ { "recipe": "auto", "sizeBudget": 0 } ] }""", false),
        ("""{ "variants": [ { "recipe": "prune" } ] }""", false),
        ("""{ "variants": [ { "recipe": "prune", "sparsity": 0.5 } ] }""", true),
        ("""{ "variants": [ { "recipe": "prune", "sparsity": 0 } ] }""", false),
        ("""{ "variants": [ { "recipe": "prune", "sparsity": 0.96 } ] }""", false),
        ("""{ "variants": [ { "recipe": "original" } ] }""", true),
        ("""{ "variants": [ { "recipe": "original", "blockSize": 32 } ] }""", false),
        ("""{ "variants": [ { "recipe": "int3" } ] }""", false),
        ("""{ "variants": [ { "name": "a" } ] }""", false),
        ("""{ "variants": [ { "recipe": "int8", "blockSize": 48 } ] }""", false),
        ("""{ "variants": [ { "recipe": "int4", "exclude": [""] } ] }""", false),
        ("""{ "samples": "one.npy" }""", true),
        ("""{ "samples": ["a.npz", "data/b.json"] }""", true),
        ("""{ "samples": "a.txt" }""", false),
        ("""{ "samples": "../a.npz" }""", false),
        ("""{ "samples": [1] }""", false),
        ("""{ "inputs": { "sr": { "value": 16000 }, "image": { "shape": [1, 3, 8, 8], "min": -1, "max": 1 } } }""", true),
        ("""{ "inputs": { "x": 1 } }""", false),
        ("""{ "inputs": { "x": { "vaule": 2 } } }""", false),
        ("""{ "inputs": { "x": { "shape": [0] } } }""", false),
        ("""{ "dimensions": { "num frames": 80 } }""", true),
        ("""{ "dimensions": { "n": -1 } }""", false),
        ("""{ "acceptance": { "maxKl": 101 } }""", false),
        ("""{ "lab": {} }""", true),
        ("""{ "lab": { "processors": ["haswell", "cortex-a72"], "tokens": 96, "mode": "required" } }""", true),
        ("""{ "lab": { "processors": [] } }""", false),
        ("""{ "lab": { "processors": ["z80"] } }""", false),
        ("""{ "lab": { "processors": "haswell" } }""", false),
        ("""{ "lab": { "tokens": 15 } }""", false),
        ("""{ "lab": { "mode": "always" } }""", false),
        ("""{ "lab": { "processor": ["haswell"] } }""", false),
        ("""{ "acceptance": { "minCosine": 0.9, "minNeighbours": 1.1 } }""", false),
        ("""{ "rollout": { "rings": [ { "name": "all" } ] } }""", true),
        ("""{ "rollout": { "rings": [ { "fraction": 1 } ] } }""", false),
        ("""{ "rollout": { "soakSeconds": -1 } }""", false),
        ("""{ "adapts": { "model": "base" } }""", true),
        ("""{ "adapts": { "model": "base", "localLayer": true, "selector": { "site": "lab" } } }""", true),
        ("""{ "adapts": {} }""", false),
        ("""{ "adapts": { "model": "base", "selector": { "Site": "lab" } } }""", false),
        ("""{ "adapts": { "model": "base" }, "variants": [] }""", false),
    ];

    [Fact]
    public void Ajv_Cases_AreJudgedAsTheReaderJudgesThem()
    {
        var verdicts = Ajv([.. Cases.Select(one => one.Json)]);

        Assert.All(
            Cases.Zip(verdicts),
            one =>
            {
                var ((json, good), verdict) = one;
                Assert.True(good == (verdict == "ok"), $"{json}: ajv says {verdict}");
                Assert.True(
                    good == (Problems(json).Count == 0),
                    $"{json}: the reader says {string.Join(' ', Problems(json).Select(problem => problem.Message))}");
            }
        );
    }

    private static IReadOnlyList<Problem> Problems(string json)
    {
        var utf8 = System.Text.Encoding.UTF8.GetBytes(json);
        return AdaptReader.IsAdaptation(utf8)
            ? AdaptReader.Read(utf8, "slmops.json", new("other", "1")).Problems
            : UploadManifestReader.Read(utf8, "slmops.json", new("phi", "1.0")).Problems;
    }

    private static List<string> Ajv(IReadOnlyList<string> documents)
    {
        using var process = Process.Start(
            new ProcessStartInfo(
                "node",
                [Path.Combine(RepositoryRoot.Path, "tests", "SlmOps.Pipeline.Tests", "Intake", "ajv.cjs"), Schema])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        process.StandardInput.Write(JsonSerializer.Serialize(documents));
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return JsonSerializer.Deserialize<List<string>>(output)!;
    }

    [GeneratedRegex("```json\n(?<json>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
