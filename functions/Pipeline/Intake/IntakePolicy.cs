using System.Globalization;
using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Intake;

/// <summary>Which file plays which part, and whether what they say fits together. Pure.</summary>
internal static class IntakePolicy
{
    /// <summary>Fewer tokens say nothing about quality.</summary>
    internal const int LeastEvaluationTokens = 64;

    /// <summary>Fills in the files that the manifest leaves open, or says what is missing.</summary>
    internal static (UploadManifest Manifest, IReadOnlyList<Problem> Problems) Assign(
        UploadManifest manifest,
        IReadOnlyList<StoredFile> files)
    {
        var problems = new List<Problem>();
        var paths = files.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        var model = manifest.Model is null ? OnlyModel(paths, problems) : Named(manifest.Model, "model");
        var assigned = manifest with
        {
            Model = model,
            Tokenizer = Named(manifest.Tokenizer, "tokenizer") ?? Usual("tokenizer.json") ?? Usual("vocab.txt"),
            Smoke = Named(manifest.Smoke, "smoke") ?? Usual("smoke.json"),
            Evaluation = manifest.Evaluation with
            {
                Text = Named(manifest.Evaluation.Text, "evaluation.text") ?? Usual("eval.txt"),
            },
        };
        foreach (var file in manifest.Samples.Files)
        {
            Named(file, "samples");
        }

        return (assigned, problems);

        string? Usual(string path) => paths.Contains(path) ? path : null;

        string? Named(string? path, string key)
        {
            if (path is not null && !paths.Contains(path))
            {
                problems.Add(new("file-missing", $"\"{key}\" names {path}, which was not uploaded.",
                    $"Upload {path}, then {UploadName.ManifestFile} again.", path));
            }

            return path;
        }
    }

    /// <summary>Judges an inspected upload. <paramref name="texts"/> is what its text files turned out to hold.</summary>
    internal static IReadOnlyList<Problem> Judge(UploadManifest manifest, InspectionResult inspection, UploadTexts texts)
    {
        var problems = inspection.Problems
            .Select(problem => new Problem(problem.Code, problem.Message, problem.Cure, InUpload(manifest.Model, problem.File)))
            .Concat(texts.Problems)
            .ToList();
        if (inspection.Facts is not { } facts || !IsLanguageModel(facts))
        {
            return problems;
        }

        if (manifest.Evaluation.Text is not null && manifest.Tokenizer is null)
        {
            problems.Add(new("tokenizer-missing", "There is an evaluation text but no tokenizer to read it with.",
                "Upload tokenizer.json beside the model, or remove the evaluation text."));
        }

        // One that cannot be read is carried along: nothing is lost by that without a text.
        if (manifest.Tokenizer is not null && texts.Warnings.Count == 0 && manifest.Evaluation.Text is null)
        {
            problems.Add(new("evaluation-text-missing", "There is a tokenizer but no evaluation text, so quality cannot be measured.",
                $"Upload eval.txt with at least {LeastEvaluationTokens} tokens of typical text."));
        }

        if (texts.EvaluationTokens is { } tokens && tokens < LeastEvaluationTokens)
        {
            problems.Add(new("evaluation-text-short",
                $"{manifest.Evaluation.Text} has {tokens} tokens; quality needs at least {LeastEvaluationTokens}.",
                "Upload a longer text of what the model is used for.", manifest.Evaluation.Text));
        }

        if (texts.Vocabulary is { } vocabulary && LogitsWidth(facts) is { } width && vocabulary > width)
        {
            problems.Add(new("tokenizer-mismatch",
                $"{manifest.Tokenizer} has {vocabulary} entries, the model's logits only {width}.",
                "Upload the tokenizer that the model was trained with.", manifest.Tokenizer));
        }

        return problems;
    }

    /// <summary>
    /// A decoder export by the common convention: token ids in, logits of every position out. Logits with another number of
    /// dimensions are those of a classifier.
    /// </summary>
    internal static bool IsLanguageModel(ModelFacts facts) =>
        facts.Inputs.Any(input => input.Name == "input_ids")
        && facts.Outputs.Any(output => output.Name == "logits" && output.Shape is (["?"] or { Count: 3 }));

    /// <summary>
    /// What is carried along without being used: a tokenizer that cannot be read, or that has more entries than the table
    /// that its ids pick from, where nothing but the sentences of an encoder needs it.
    /// </summary>
    internal static (UploadManifest Manifest, IReadOnlyList<Problem> Warnings) WithoutUnusable(
        UploadManifest manifest,
        ModelFacts facts,
        UploadTexts texts)
    {
        var warnings = texts.Warnings.ToList();
        if (!IsLanguageModel(facts) && texts.Vocabulary is { } vocabulary
            && facts.Inputs.FirstOrDefault(input => input.Name == "input_ids")?.Rows is { } rows && vocabulary > rows)
        {
            warnings.Add(
                new(
                    "tokenizer-mismatch",
                    $"{manifest.Tokenizer} has {vocabulary} entries, the table of the model's tokens only {rows}.",
                    "It goes to the devices as it is, and the model is judged on made up inputs; upload the tokenizer that the model was "
                        + "trained with.",
                    manifest.Tokenizer));
        }

        return (warnings.Count > 0 ? manifest with { Tokenizer = null } : manifest, warnings);
    }

    /// <summary>The inspector names files relative to the graph's folder, an upload's paths start at its root.</summary>
    private static string? InUpload(string? graph, string? file) => file is null
        ? graph
        : graph is not null && graph.LastIndexOf('/') is var slash and > 0 && file != graph ? graph[..(slash + 1)] + file : file;

    private static long? LogitsWidth(ModelFacts facts) =>
        facts.Outputs.First(output => output.Name == "logits").Shape is [.., var last]
        && long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var width) ? width : null;

    private static string? OnlyModel(HashSet<string> paths, List<Problem> problems)
    {
        var models = paths.Where(path => path.EndsWith(".onnx", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        if (models.Count == 1)
        {
            return models[0];
        }

        problems.Add(models.Count == 0
            ? new("model-missing", "The upload has no .onnx file.", "Upload the model, then slmops.json.")
            : new("model-ambiguous", $"The upload has {models.Count} .onnx files: {string.Join(", ", models.Take(5))}.",
                "Name one as \"model\" in slmops.json."));
        return null;
    }
}

/// <summary>What the text files of an upload hold; null where there is no such file.</summary>
internal sealed record UploadTexts(int? Vocabulary, int? EvaluationTokens, IReadOnlyList<Problem> Problems)
{
    /// <summary>What is not as it should be and stops nothing.</summary>
    public IReadOnlyList<Problem> Warnings { get; init; } = [];
}
