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
    private const int DefaultNewTokens = 16;
    private const double DefaultAgreement = 0.75;
    private const int DefaultPrompts = 4;
    private const int DefaultPromptTokens = 8;

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

    /// <summary>The same prompts with the model's own greedy answers.</summary>
    internal static async Task<SmokeTest> AnswerAsync(
        SmokeTest test, ModelSandbox sandbox, string modelPath, LanguageModelOptions options, CancellationToken cancellationToken)
    {
        var answered = await sandbox
            .AnswerAsync(
                modelPath,
                options,
                [.. test.Prompts.Select(prompt => prompt.PromptTokens!)],
                [.. test.Prompts.Select(_ => test.MaxNewTokens)],
                cancellationToken)
            .ConfigureAwait(false);
        return test with { Prompts = [.. test.Prompts.Zip(answered.Tokens, (prompt, tokens) => prompt with { GreedyTokens = tokens })] };
    }

    /// <summary>Tokens that answering runs through the model.</summary>
    internal static long Tokens(SmokeTest? test) =>
        test?.Prompts.Sum(prompt => (prompt.PromptTokens?.Count ?? 0) + (long)test.MaxNewTokens) ?? 0;

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
