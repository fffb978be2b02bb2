namespace SlmOps.Contracts;

/// <summary>
/// The file <c>smoke.json</c> of a model and of each packaged variant: prompts and what the model answers, so that a
/// device can tell a broken build from a good one without a tokenizer or a network. Version 2 adds to each prompt what the
/// variant says of a given text; a device feeds it that text, and does not let it run on alone, where the first near-tie
/// would lead every processor another way. An agent that knows version 1 alone finds what it looks for as well.
/// </summary>
/// <param name="MaxNewTokens">Tokens to generate for each prompt, 1 to 256.</param>
/// <param name="MinAgreement">Least share of generated tokens that must equal the expected ones, 0 to 1; of version 1.</param>
/// <param name="Prompts">1 to 64 prompts.</param>
public sealed record SmokeTest(int MaxNewTokens, double MinAgreement, IReadOnlyList<SmokePrompt> Prompts)
{
    /// <summary>Format version, 1 or 2; null in files from before there was a second.</summary>
    public int? Version { get; init; }

    /// <summary>How far a right device may be off; null in version 1.</summary>
    public SmokeBounds? Bounds { get; init; }

    /// <summary>The tokenizer that the texts were made with; null where none is known.</summary>
    public SmokeFile? Tokenizer { get; init; }
}

/// <summary>One prompt.</summary>
/// <param name="Text">The prompt as text, for people.</param>
/// <param name="PromptTokens">The prompt as token ids.</param>
/// <param name="GreedyTokens">Expected greedy continuation: the original's in an upload, the variant's own in a package.</param>
public sealed record SmokePrompt(string Text, IReadOnlyList<int>? PromptTokens, IReadOnlyList<int>? GreedyTokens)
{
    /// <summary>What the variant says of prompt and continuation; null in version 1.</summary>
    public SmokeText? Forced { get; init; }
}

/// <summary>A text that a device feeds, and what the variant said of it where it was validated.</summary>
/// <param name="Tokens">The text as token ids, at least two.</param>
/// <param name="Whole">What it said of all tokens but the last, given at once.</param>
public sealed record SmokeText(IReadOnlyList<int> Tokens, SmokeTrace Whole)
{
    /// <summary>What it said of the first tokens, given one by one; null where that is not tried with this text.</summary>
    public SmokeTrace? Steps { get; init; }
}

/// <summary>What a model says of the first tokens of a text, an entry a token.</summary>
/// <param name="Best">The likeliest token to follow.</param>
/// <param name="Margins">How far its logit is above the second one's.</param>
/// <param name="LogProbs">Natural logarithm of the probability of the token that does follow.</param>
public sealed record SmokeTrace(IReadOnlyList<int> Best, IReadOnlyList<double> Margins, IReadOnlyList<double> LogProbs);

/// <summary>How far a right device may be off. A prompt and single tokens go through different kernels, so each has its own.</summary>
/// <param name="Whole">For texts given at once.</param>
/// <param name="Steps">For texts given token by token.</param>
public sealed record SmokeBounds(SmokeBound Whole, SmokeBound Steps);

/// <summary>The bounds of one way of feeding.</summary>
/// <param name="ClearMargin">Where the margin was at least this, the likeliest token must be the same.</param>
/// <param name="MeanDifference">Most that log-probabilities may differ on average.</param>
/// <param name="LargestDifference">Most that one may differ.</param>
public sealed record SmokeBound(double ClearMargin, double MeanDifference, double LargestDifference);

/// <summary>A file of the package that belongs to the test.</summary>
/// <param name="Path">Its path in the package.</param>
/// <param name="Digest">Its digest.</param>
public sealed record SmokeFile(string Path, Digest Digest);
