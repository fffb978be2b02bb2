using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;
using SlmOps.Quantizer;
using SlmOps.Quantizer.Options;

namespace SlmOps.Pipeline.Intake;

/// <summary>
/// Reads <c>slmops.json</c>. Every problem is found, not only the first, each with its line and its cure.
/// <code>{ "model": "model.onnx", "variants": [ { "name": "small", "recipe": "int4" } ], "rollout": { "soakSeconds": 60 } }</code>
/// </summary>
internal sealed class UploadManifestReader
{
    private const string OriginalName = "fp32";

    private readonly string _file;
    private readonly List<Problem> _problems = [];

    private UploadManifestReader(string file) => _file = file;

    /// <summary>The manifest, or what is wrong with it.</summary>
    internal static (UploadManifest? Manifest, IReadOnlyList<Problem> Problems) Read(byte[] utf8, string file, RunKey run)
    {
        var reader = new UploadManifestReader(file);
        try
        {
            var manifest = reader.Root(JsonOutline.Parse(utf8), run);
            return reader._problems.Count == 0 ? (manifest, []) : (null, reader._problems);
        }
        catch (JsonException fault)
        {
            var line = (int?)(fault.LineNumber + 1);
            var text = fault.Message.Split(" LineNumber:")[0];
            return (
                null,
                [new("manifest-not-json", $"{file} is not valid JSON: {text}", "Correct the syntax and upload the file again.", file, line)]
            );
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
            return (
                SampleRequest.Default,
                [new("manifest-not-json", $"{file} is not valid JSON: {fault.Message}", "Correct the syntax.", file)]);
        }
    }

    private UploadManifest Root(JsonOutline root, RunKey run)
    {
        var fields = new ManifestFields(root, "the document", _file, _problems);
        fields.Text(ManifestKeys.Schema);
        fields.Integer(ManifestKeys.Format);
        Same(fields, ManifestKeys.Name, run.Model);
        Same(fields, ManifestKeys.Version, run.Version);
        var manifest = new UploadManifest(
            fields.Path(ManifestKeys.Model),
            fields.Path(ManifestKeys.Tokenizer),
            Evaluation(fields.Object(ManifestKeys.Evaluation)),
            fields.Path(ManifestKeys.Smoke),
            Variants(fields.List(ManifestKeys.Variants)),
            Acceptance(fields.Object(ManifestKeys.Acceptance)),
            Rollout(fields.Object(ManifestKeys.Rollout)))
        {
            Samples = SampleRequestReader.Read(fields),
            Lab = Lab(fields.Object(ManifestKeys.Lab)),
        };
        fields.Done();
        return manifest;
    }

    private static LabRequest? Lab(ManifestFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var request = new LabRequest(
            fields.Words(ManifestKeys.LabProcessorNames) ?? LabRequest.Default.Processors,
            fields.Integer(ManifestKeys.LabTokens),
            fields.Choice(ManifestKeys.LabMode) == ManifestKeys.LabRequired);
        fields.Done();
        return request;
    }

    private static void Same(ManifestFields fields, NameKey key, string expected)
    {
        if (fields.Name(key) is { } given && given != expected)
        {
            fields.Refuse(key, $"'{given}' differs from '{expected}', where the files were uploaded",
                $"Remove \"{key.Name}\" or upload to the folder that it names");
        }
    }

    private static EvaluationRequest Evaluation(ManifestFields? fields)
    {
        if (fields is null)
        {
            return EvaluationRequest.Default;
        }

        var request = new EvaluationRequest(
            fields.Path(ManifestKeys.EvaluationText),
            fields.Integer(ManifestKeys.WindowTokens),
            fields.Integer(ManifestKeys.MaxTokens));
        fields.Done();
        return request;
    }

    private static AcceptanceLimits Acceptance(ManifestFields? fields)
    {
        if (fields is null)
        {
            return AcceptanceLimits.Default;
        }

        var limits = new AcceptanceLimits(
            fields.Number(ManifestKeys.MaxPerplexityIncrease),
            fields.Number(ManifestKeys.MaxKl),
            fields.Number(ManifestKeys.MinTop1Agreement),
            fields.Number(ManifestKeys.MinSqnrDb))
        {
            MinCosine = fields.Number(ManifestKeys.MinCosine),
            MinNeighbours = fields.Number(ManifestKeys.MinNeighbours),
        };
        fields.Done();
        return limits;
    }

    private static IReadOnlyList<VariantRequest> Variants(IReadOnlyList<ManifestFields>? items)
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
                fields.Refuse(
                    ManifestKeys.VariantName,
                    $"the variant '{variant.Name}' stands twice",
                    "Give each variant a name of its own");
            }

            // Two variants of one name would share one row, and the run would wait for the second for ever.
            if (variant.Name == OriginalName && variant.Options is { Recipe.Length: > 0 })
            {
                fields.Refuse(ManifestKeys.VariantName, $"'{OriginalName}' is the name of the original", "Give the variant another name");
            }

            fields.Done();
            variants.Add(variant);
        }

        // The original is what every other variant is measured against, and the way out for a device that can hold it.
        return variants.Exists(variant => variant.Options is null)
            ? variants
            : [new(OriginalName, null), .. variants];
    }

    private static VariantRequest Variant(ManifestFields fields)
    {
        var recipe = fields.Choice(ManifestKeys.VariantRecipe) ?? "";
        var options = new QuantizationOptions { Recipe = recipe };
        foreach (var key in ManifestKeys.VariantOptions)
        {
            var value = fields.Option(key);
            if (fields.Has(key) && OptionChecker.Misplaced(key.Option, recipe) is { } misplaced)
            {
                fields.Refuse(key, misplaced.What, misplaced.Cure);
            }
            else if (value is not null)
            {
                options = key.Option.With(options, value);
            }
        }

        foreach (var problem in OptionChecker.Check(options))
        {
            fields.Refuse(new OptionKey(problem.Option), problem.What, problem.Cure);
        }

        return new(fields.Name(ManifestKeys.VariantName) ?? recipe, recipe == VariantRequest.Original ? null : options);
    }

    private static RolloutRequest Rollout(ManifestFields? fields)
    {
        if (fields is null)
        {
            return RolloutRequest.Default;
        }

        var thresholds = new List<RingThresholds>();
        var request = new RolloutRequest(
            fields.Name<ChannelName>(ManifestKeys.Channel),
            Rings(fields, fields.List(ManifestKeys.Rings), thresholds),
            fields.Integer(ManifestKeys.RolloutSoakSeconds),
            fields.Integer(ManifestKeys.DeadlineSeconds))
        {
            Thresholds = thresholds,
        };
        fields.Done();
        return request;
    }

    private static IReadOnlyList<Ring> Rings(
        ManifestFields parent, IReadOnlyList<ManifestFields>? items, List<RingThresholds> thresholds)
    {
        if (items is null)
        {
            return RolloutRequest.Default.Rings;
        }

        var rings = new List<Ring>();
        foreach (var fields in items)
        {
            var name = fields.Name(ManifestKeys.RingName) ?? "";
            if (rings.Exists(other => other.Name == name))
            {
                fields.Refuse(ManifestKeys.RingName, $"the ring '{name}' stands twice", "Give each ring a name of its own");
            }

            var otherwise = rings.Count == 0 ? RingThresholds.One : RingThresholds.Few;
            rings.Add(new(name, fields.Number(ManifestKeys.RingFraction), fields.Labels(ManifestKeys.Selector)));
            thresholds.Add(new(
                fields.Has(ManifestKeys.ErrorThreshold) ? fields.Number(ManifestKeys.ErrorThreshold) : otherwise.Errors,
                fields.Has(ManifestKeys.SilenceThreshold) ? fields.Number(ManifestKeys.SilenceThreshold) : otherwise.Silence));
            fields.Done();
        }

        if (rings.Count == 0 || rings[^1] is not { Fraction: 1, Selector.Count: 0 })
        {
            parent.Refuse(ManifestKeys.Rings, "the last ring does not reach every device",
                "End with a ring of \"fraction\": 1 and no \"selector\"");
        }

        return rings;
    }
}
