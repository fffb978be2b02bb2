using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Inference;
using SlmOps.Inference.Sandbox;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Validate;

/// <summary>The prompts a device will try, answered by the variant that it will run.</summary>
internal static class SmokePrompts
{
    // Once to answer, and three times to be fed.
    private const int Ways = 4;

    private const int DefaultNewTokens = 16;
    private const double DefaultAgreement = 0.75;
    private const int DefaultPrompts = 4;
    private const int DefaultPromptTokens = 8;
    private const int Digits = 5;

    /// <summary>The uploaded prompts as tokens, or snippets of the evaluation text where none were uploaded.</summary>
    internal static SmokeTest? Read(RunRecord record, string folder, Tokenizer? tokenizer, IReadOnlyList<int>? evaluation)
    {
        if (record.Manifest.Smoke is { } path)
        {
            var given = JsonSerializer.Deserialize(
                File.ReadAllBytes(WorkFolder.PathOf(folder, path)), ContractsJson.Default.SmokeTest)!;
            return given with
            {
                Prompts = [.. given.Prompts.Select(prompt => prompt.PromptTokens is { Count: > 0 }
                    ? prompt
                    : prompt with { PromptTokens = tokenizer!.Encode(prompt.Text) })],
            };
        }

        return evaluation is null || tokenizer is null
            ? null
            : new(DefaultNewTokens, DefaultAgreement, [.. Snippets(evaluation, tokenizer)]);
    }

    /// <summary>The same prompts with the model's own greedy answers, what it says of each token of them, and how far a device may be off.</summary>
    /// <param name="test">The prompts.</param>
    /// <param name="sandbox">Where the model runs.</param>
    /// <param name="modelPath">The model.</param>
    /// <param name="options">How to open it.</param>
    /// <param name="cancellationToken">Kills what runs.</param>
    internal static async Task<SmokeTest> AnswerAsync(
        SmokeTest test, ModelSandbox sandbox, string modelPath, LanguageModelOptions options,
        CancellationToken cancellationToken)
    {
        var answered = await sandbox
            .AnswerAsync(
                modelPath,
                options,
                [.. test.Prompts.Select(prompt => prompt.PromptTokens!)],
                [.. test.Prompts.Select(_ => test.MaxNewTokens)],
                cancellationToken)
            .ConfigureAwait(false);
        var forced = SmokeTexts.Of(
            [.. test.Prompts.Zip(answered.Tokens, (prompt, tokens) => prompt.PromptTokens!.Concat(tokens).ToList())]);
        var recorded = await sandbox.RecordTextsAsync(modelPath, options, forced, cancellationToken).ConfigureAwait(false);
        var prompts = test.Prompts
            .Zip(answered.Tokens, recorded.Texts)
            .Select(one => one.First with { GreedyTokens = one.Second, Forced = Rounded(one.Third) })
            .ToList();

        // A model whose numbers are none is refused for that; until then it has what version 1 has.
        return prompts.TrueForAll(prompt => prompt.Forced is not null)
            ? test with { Version = 2, Bounds = SmokeBoundsPolicy.Of(recorded), Prompts = prompts }
            : test with { Version = null, Bounds = null, Prompts = [.. prompts.Select(prompt => prompt with { Forced = null })] };
    }

    /// <summary>As it is written down: enough digits for any bound. Null when a number is not finite.</summary>
    private static SmokeText? Rounded(SmokeText text)
    {
        var (whole, steps) = (Rounded(text.Whole), text.Steps is { } trace ? Rounded(trace) : null);
        return whole is null || (text.Steps is not null && steps is null) ? null : text with { Whole = whole, Steps = steps };
    }

    private static SmokeTrace? Rounded(SmokeTrace trace) =>
        trace.Margins.Concat(trace.LogProbs).All(double.IsFinite)
            ? trace with
            {
                Margins = [.. trace.Margins.Select(margin => Math.Round(margin, Digits))],
                LogProbs = [.. trace.LogProbs.Select(logProb => Math.Round(logProb, Digits))],
            }
            : null;

    /// <summary>Tokens that answering runs through the model.</summary>
    internal static long Tokens(SmokeTest? test) =>
        (test?.Prompts.Sum(prompt => (prompt.PromptTokens?.Count ?? 0) + (long)test.MaxNewTokens) ?? 0) * Ways;

    private static IEnumerable<SmokePrompt> Snippets(IReadOnlyList<int> evaluation, Tokenizer tokenizer)
    {
        var stride = evaluation.Count / DefaultPrompts;
        for (var index = 0; index < DefaultPrompts; index++)
        {
            int[] tokens = [.. evaluation.Skip(index * stride).Take(DefaultPromptTokens)];
            yield return new(tokenizer.Decode(tokens), tokens, null);
        }
    }
}
