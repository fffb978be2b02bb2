using System.Text;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Inference;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Intake;

/// <summary>Reads tokenizer, evaluation text and smoke prompts of a fetched upload, within bounds.</summary>
internal sealed class UploadTextReader(PipelineOptions options)
{
    private const int MaxPrompts = 64;
    private const int MaxNewTokens = 256;

    // Without a cache a model computes a prompt anew for every token that it adds.
    private const int MaxPromptTokens = 4096;
    private const int MaxSmokeTokens = 16_384;

    /// <param name="manifest">Which files there are.</param>
    /// <param name="folder">Where they lie.</param>
    /// <param name="predicts">True for a model that is judged by the tokens it predicts, if there is a text.</param>
    internal UploadTexts Read(UploadManifest manifest, string folder, bool predicts)
    {
        var problems = new List<Problem>();
        var warnings = new List<Problem>();
        var needed = predicts && manifest.Evaluation.Text is not null;
        var tokenizer = manifest.Tokenizer is { } path ? LoadTokenizer(folder, path, needed ? problems : warnings, needed) : null;
        var tokens = manifest.Evaluation.Text is { } text && tokenizer is not null
            ? CountTokens(folder, text, tokenizer, problems)
            : null;
        if (manifest.Smoke is { } smoke)
        {
            CheckSmoke(folder, smoke, tokenizer, problems);
        }

        return new(tokenizer?.VocabularySize, tokens, problems) { Warnings = warnings };
    }

    /// <summary>The evaluation text as tokens, cut to what the manifest reads.</summary>
    internal static IReadOnlyList<int> EvaluationTokens(UploadManifest manifest, string folder, Tokenizer tokenizer)
    {
        var tokens = tokenizer.Encode(File.ReadAllText(WorkFolder.PathOf(folder, manifest.Evaluation.Text!)));
        return tokens.Count > manifest.Evaluation.MaxTokens ? [.. tokens.Take(manifest.Evaluation.MaxTokens)] : tokens;
    }

    private static Tokenizer? LoadTokenizer(string folder, string path, List<Problem> problems, bool needed)
    {
        try
        {
            return Tokenizer.Load(WorkFolder.PathOf(folder, path));
        }
        catch (TokenizerException refused)
        {
            problems.Add(new(
                needed ? "tokenizer-invalid" : "tokenizer-unread",
                $"{path}: {refused.Message}",
                needed ? "Upload the tokenizer.json that belongs to the model (Hugging Face format; BPE, WordPiece or Unigram)."
                    : "Nothing needs it here: it goes to the devices as it is, and the model is judged on made up inputs.",
                path));
            return null;
        }
    }

    private int? CountTokens(string folder, string path, Tokenizer tokenizer, List<Problem> problems)
    {
        var file = new FileInfo(WorkFolder.PathOf(folder, path));
        if (file.Length > options.MaxTextBytes)
        {
            problems.Add(new("evaluation-text-long", $"{path} has {file.Length} bytes; the limit is {options.MaxTextBytes}.",
                "Cut the text; a few hundred kilobytes are plenty.", path));
            return null;
        }

        try
        {
            return tokenizer.Encode(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(file.FullName))).Count;
        }
        catch (DecoderFallbackException)
        {
            problems.Add(new("evaluation-text-encoding", $"{path} is not UTF-8.", "Save the text as UTF-8.", path));
            return null;
        }
        catch (TokenizerException refused)
        {
            problems.Add(
                new("evaluation-text-unreadable", $"{path}: {refused.Message}", "Use a shorter text or a simpler tokenizer.", path));
            return null;
        }
    }

    private void CheckSmoke(string folder, string path, Tokenizer? tokenizer, List<Problem> problems)
    {
        var file = new FileInfo(WorkFolder.PathOf(folder, path));
        if (file.Length > options.MaxTextBytes)
        {
            problems.Add(Bad($"has {file.Length} bytes; the limit is {options.MaxTextBytes}", "Keep a few short prompts"));
            return;
        }

        SmokeTest? smoke;
        try
        {
            smoke = JsonSerializer.Deserialize(File.ReadAllBytes(file.FullName), ContractsJson.Default.SmokeTest);
        }
        catch (JsonException fault)
        {
            problems.Add(Bad($"is not valid: {fault.Message.Split(" Path:")[0]}", "Correct it", (int?)fault.LineNumber + 1));
            return;
        }

        if (smoke?.Prompts is not { Count: > 0 and <= MaxPrompts })
        {
            problems.Add(Bad("has no prompts or too many", $"Give 1 to {MaxPrompts} prompts"));
        }
        else if (smoke.Prompts.Any(prompt => prompt is null
            || (prompt.PromptTokens is not { Count: > 0 } && (tokenizer is null || string.IsNullOrEmpty(prompt.Text)))))
        {
            problems.Add(Bad("has a prompt without tokens", "Add \"promptTokens\", or upload a tokenizer and give \"text\""));
        }
        else if (
            smoke.Prompts.SelectMany(prompt => prompt.PromptTokens ?? []).Where(IsUnknown).Select(id => (int?)id).FirstOrDefault() is
            { } unknown)
        {
            problems.Add(Bad($"has the token {unknown}, which the model does not know", "Take the tokens from the model's own tokenizer"));
        }
        else if (TooLong(smoke.Prompts.Select(prompt => CountTokens(prompt, tokenizer))) is { } tokens)
        {
            problems.Add(
                Bad($"has {tokens}", $"Keep prompts below {MaxPromptTokens} tokens and all of them together below {MaxSmokeTokens}"));
        }

        if (smoke is not null && (smoke.MaxNewTokens is < 1 or > MaxNewTokens || smoke.MinAgreement is not (>= 0 and <= 1)))
        {
            problems.Add(Bad("has limits out of range", $"Use maxNewTokens 1 to {MaxNewTokens} and minAgreement 0 to 1"));
        }

        static string? TooLong(IEnumerable<int> counts)
        {
            var all = counts.ToList();
            return all.Max() > MaxPromptTokens ? $"a prompt of {all.Max()} tokens"
                : all.Sum() > MaxSmokeTokens ? $"{all.Sum()} tokens of prompts"
                : null;
        }

        bool IsUnknown(int id) => id < 0 || id >= (tokenizer?.VocabularySize ?? int.MaxValue);

        Problem Bad(string what, string cure, int? line = null) =>
            new("smoke-invalid", $"{path} {what}.", cure + ".", path, line);
    }

    /// <summary>A text that the tokenizer cannot read counts as too long: nobody could run it.</summary>
    private static int CountTokens(SmokePrompt prompt, Tokenizer? tokenizer)
    {
        try
        {
            return prompt.PromptTokens is { Count: > 0 } given ? given.Count : tokenizer!.Encode(prompt.Text).Count;
        }
        catch (TokenizerException)
        {
            return int.MaxValue / MaxPrompts;
        }
    }
}
