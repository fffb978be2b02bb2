namespace SlmOps.Contracts;

/// <summary>
/// The file <c>smoke.json</c> of a model and of each packaged variant: prompts and what the model answers, so that a
/// device can tell a broken build from a good one without a tokenizer or a network.
/// </summary>
/// <param name="MaxNewTokens">Tokens to generate for each prompt, 1 to 256.</param>
/// <param name="MinAgreement">Least share of generated tokens that must equal the expected ones, 0 to 1.</param>
/// <param name="Prompts">1 to 64 prompts.</param>
public sealed record SmokeTest(int MaxNewTokens, double MinAgreement, IReadOnlyList<SmokePrompt> Prompts);

/// <summary>One prompt.</summary>
/// <param name="Text">The prompt as text, for people.</param>
/// <param name="PromptTokens">The prompt as token ids.</param>
/// <param name="GreedyTokens">Expected greedy continuation: the original's in an upload, the variant's own in a package.</param>
public sealed record SmokePrompt(string Text, IReadOnlyList<int>? PromptTokens, IReadOnlyList<int>? GreedyTokens);
