using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Intake;

/// <summary>
/// Reads <c>slmops.json</c>. Every problem is found, not only the first, each with its line and its cure.
/// <code>{ "model": "model.onnx", "variants": [ { "name": "small", "recipe": "int4" } ], "rollout": { "soakSeconds": 60 } }</code>
/// </summary>
internal sealed class UploadManifestReader
{
    private const int MaxVariants = 16;
    private const int MaxRings = 16;
    private const string OriginalName = "fp32";

    private readonly string _file;
    private readonly IReadOnlyCollection<string> _recipes;
    private readonly List<Problem> _problems = [];

    private UploadManifestReader(string file, IReadOnlyCollection<string> recipes) => (_file, _recipes) = (file, recipes);

    /// <summary>The manifest, or what is wrong with it. <paramref name="recipes"/> are the names the quantizer knows.</summary>
    internal static (UploadManifest? Manifest, IReadOnlyList<Problem> Problems) Read(
        byte[] utf8, string file, RunKey run, IReadOnlyCollection<string> recipes)
    {
        var reader = new UploadManifestReader(file, recipes);
        try
        {
            var manifest = reader.Root(JsonOutline.Parse(utf8), run);
            return reader._problems.Count == 0 ? (manifest, []) : (null, reader._problems);
        }
        catch (JsonException fault)
        {
            var line = (int?)(fault.LineNumber + 1);
            var text = fault.Message.Split(" LineNumber:")[0];
            return (null, [new("manifest-not-json", $"{file} is not valid JSON: {text}", "Correct the syntax and upload the file again.", file, line)]);
        }
    }

    /// <summary>What a manifest says of the model's inputs; its other keys are not looked at.</summary>
    internal static (SampleRequest Samples, IReadOnlyList<Problem> Problems) Samples(byte[] utf8, string file)
    {
        var problems = new List<Problem>();
        try
        {
            return (SampleRequestReader.Read(new ManifestFields(JsonOutline.Parse(utf8), "the document", file, problems)), problems);
        }
        catch (JsonException fault)
        {
            return (SampleRequest.Default, [new("manifest-not-json", $"{file} is not valid JSON: {fault.Message}", "Correct the syntax.", file)]);
        }
    }

    private UploadManifest Root(JsonOutline root, RunKey run)
    {
        var fields = new ManifestFields(root, "the document", _file, _problems);
        var schema = fields.Integer("schema", 1, 1, 1);
        _ = schema;
        Same(fields, "name", run.Model);
        Same(fields, "version", run.Version);
        var manifest = new UploadManifest(
            fields.Path("model"),
            fields.Path("tokenizer"),
            Evaluation(fields.Object("evaluation")),
            fields.Path("smoke"),
            Variants(fields.List("variants", MaxVariants)),
            Acceptance(fields.Object("acceptance")),
            Rollout(fields.Object("rollout")))
        {
            Samples = SampleRequestReader.Read(fields),
        };
        fields.Done();
        return manifest;
    }

    private static void Same(ManifestFields fields, string key, string expected)
    {
        if (fields.Name(key) is { } given && given != expected)
        {
            fields.Refuse(key, $"'{given}' differs from '{expected}', where the files were uploaded",
                $"Remove \"{key}\" or upload to the folder that it names");
        }
    }

    private static EvaluationRequest Evaluation(ManifestFields? fields)
    {
        if (fields is null)
        {
            return EvaluationRequest.Default;
        }

        var defaults = EvaluationRequest.Default;
        var request = new EvaluationRequest(
            fields.Path("text"),
            fields.Integer("windowTokens", defaults.WindowTokens, 8, 8192),
            fields.Integer("maxTokens", defaults.MaxTokens, 64, 1_000_000));
        fields.Done();
        return request;
    }

    private static AcceptanceLimits Acceptance(ManifestFields? fields)
    {
        if (fields is null)
        {
            return AcceptanceLimits.Default;
        }

        var defaults = AcceptanceLimits.Default;
        var limits = new AcceptanceLimits(
            fields.Number("maxPerplexityIncrease", defaults.MaxPerplexityIncrease, 0, 10),
            fields.Number("maxKl", defaults.MaxKl, 0, 100),
            fields.Number("minTop1Agreement", defaults.MinTop1Agreement, 0, 1),
            fields.Number("minSqnrDb", defaults.MinSqnrDb, -100, 200))
        {
            MinCosine = fields.Number("minCosine", defaults.MinCosine, -1, 1),
            MinNeighbours = fields.Number("minNeighbours", defaults.MinNeighbours, 0, 1),
        };
        fields.Done();
        return limits;
    }

    private IReadOnlyList<VariantRequest> Variants(IReadOnlyList<ManifestFields>? items)
    {
        if (items is null)
        {
            return UploadManifest.Default.Variants;
        }

        var variants = new List<VariantRequest>();
        foreach (var fields in items)
        {
            var variant = Variant(fields);
            if (variants.Exists(other => other.Name == variant.Name))
            {
                fields.Refuse("name", $"the variant '{variant.Name}' stands twice", "Give each variant a name of its own");
            }

            // Two variants of one name would share one row, and the run would wait for the second for ever.
            if (variant.Name == OriginalName && variant.Recipe is not ("" or VariantRequest.Original))
            {
                fields.Refuse("name", $"'{OriginalName}' is the name of the original", "Give the variant another name");
            }

            fields.Done();
            variants.Add(variant);
        }

        // The original is what every other variant is measured against, and the way out for a device that can hold it.
        return variants.Exists(variant => variant.Recipe == VariantRequest.Original)
            ? variants
            : [new(OriginalName, VariantRequest.Original, null), .. variants];
    }

    private VariantRequest Variant(ManifestFields fields)
    {
        var recipe = fields.Choice("recipe", _recipes, required: true) ?? "";
        int? blockSize = fields.Has("blockSize") ? fields.Integer("blockSize", 32, 16, 256) : null;
        if (blockSize is { } size && !int.IsPow2(size))
        {
            fields.Refuse("blockSize", $"{size} is not a power of two", "Use 16, 32, 64, 128 or 256");
        }

        return new(fields.Name("name") ?? recipe, recipe, blockSize)
        {
            Symmetric = fields.Flag("symmetric"),
            Embeddings = fields.Flag("embeddings"),
            Include = fields.Patterns("include"),
            Exclude = fields.Patterns("exclude"),
            KeepFloat = fields.Patterns("keepFloat"),
            SizeBudget = fields.Has("sizeBudget") ? (long)fields.Number("sizeBudget", 1, 1, 1L << 50) : null,
            ErrorBudget = fields.Has("errorBudget") ? fields.Number("errorBudget", 0, 0, 1) : null,
            Sparsity = fields.Has("sparsity") ? fields.Number("sparsity", 0, 0, 0.95) : null,
            TwoOfFour = fields.Flag("twoOfFour") ?? false,
            ReduceRange = fields.Flag("reduceRange") ?? false,
            SignedWeights = fields.Flag("signedWeights") ?? false,
            Promote = fields.Patterns("promote"),
        };
    }

    private static RolloutRequest Rollout(ManifestFields? fields)
    {
        if (fields is null)
        {
            return RolloutRequest.Default;
        }

        var defaults = RolloutRequest.Default;
        var request = new RolloutRequest(
            fields.Name("channel"),
            Rings(fields, fields.List("rings", MaxRings)),
            fields.Integer("soakSeconds", defaults.SoakSeconds, 0, 7 * 86_400),
            fields.Integer("deadlineSeconds", defaults.DeadlineSeconds, 5, 30 * 86_400));
        fields.Done();
        return request;
    }

    private static IReadOnlyList<Ring> Rings(ManifestFields parent, IReadOnlyList<ManifestFields>? items)
    {
        if (items is null)
        {
            return RolloutRequest.Default.Rings;
        }

        var rings = new List<Ring>();
        foreach (var fields in items)
        {
            var name = fields.Name("name", required: true) ?? "";
            if (rings.Exists(other => other.Name == name))
            {
                fields.Refuse("name", $"the ring '{name}' stands twice", "Give each ring a name of its own");
            }

            rings.Add(new(name, fields.Number("fraction", 1, 0, 1), fields.Labels("selector")));
            fields.Done();
        }

        if (rings.Count == 0 || rings[^1] is not { Fraction: 1, Selector.Count: 0 })
        {
            parent.Refuse("rings", "the last ring does not reach every device",
                "End with a ring of \"fraction\": 1 and no \"selector\"");
        }

        return rings;
    }
}
