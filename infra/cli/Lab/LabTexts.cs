using System.Text.Json;
using SlmOps.Cli.Models;
using SlmOps.Contracts;
using SlmOps.Inference;
using SlmOps.Pipeline.ByHand;
using SlmOps.Pipeline.Lab;
using SlmOps.Quantizer;

namespace SlmOps.Cli.Lab;

/// <summary>What the models are run on: the user's text, the upload's, or the prompts and answers that came with the package.</summary>
internal static class LabTexts
{
    internal const int DefaultTokens = 96;
    private const int WindowTokens = 48;
    private const int MaxSmokeFile = 4 << 20;

    internal static LabText Of(LabModel model, string? upload, string? text, int tokens, CancellationToken cancellationToken)
    {
        var inspection = ModelInspector.Inspect(model.Model, ModelArguments.Limits, cancellationToken);
        if (inspection.Facts is not { } facts)
        {
            // No processor could open it; said before anything is built or emulated.
            var why = inspection.Problems.Count > 0 ? inspection.Problems[0].Message : "it cannot be read";
            throw new CliException($"There is nothing to try in {model.Model}: {why}");
        }

        if (!UploadFolder.IsLanguageModel(facts))
        {
            return new([], WindowTokens, "made up inputs");
        }

        var file = text ?? (upload is null ? null : Existing(upload, "eval.txt"));
        var tokenizer = Existing(model.Folder, "tokenizer.json") ?? (upload is null ? null : Existing(upload, "tokenizer.json"));
        if (file is not null && tokenizer is not null)
        {
            ModelArguments.RequireFile(file);
            var all = Tokenizer.Load(tokenizer).Encode(File.ReadAllText(file), cancellationToken);
            return new([.. all.Take(tokens + 1)], WindowTokens, Path.GetFileName(file));
        }

        if (text is not null)
        {
            throw new CliException($"{text} cannot be read without a tokenizer.json beside the model.", ExitCode.Usage);
        }

        var own = Existing(model.Folder, "smoke.json") is { } smoke ? Read(smoke).Take(tokens + 1).ToList() : [];
        return own.Count > 1
            ? new(own, WindowTokens, "prompts and answers of its smoke.json")
            : throw new CliException(
                $"{model.Name} is a language model without smoke.json and without eval.txt and tokenizer.json; give --text.",
                ExitCode.Usage);
    }

    /// <summary>Prompts and answers one after the other; only numbers that can be tokens.</summary>
    private static IEnumerable<int> Read(string path)
    {
        if (new FileInfo(path).Length > MaxSmokeFile)
        {
            throw new CliException($"{path} has more than {MaxSmokeFile} bytes.");
        }

        var test = JsonSerializer.Deserialize(File.ReadAllBytes(path), ContractsJson.Default.SmokeTest);
        return (test?.Prompts ?? []).SelectMany(prompt => (prompt.PromptTokens ?? []).Concat(prompt.GreedyTokens ?? []));
    }

    private static string? Existing(string folder, string name) =>
        Path.Combine(folder, name) is var path && File.Exists(path) ? path : null;
}
