namespace SlmOps.Inference.Smoke;

/// <summary>What a model says of the first tokens of a text, an entry a token; numbers that are not finite stay as they are.</summary>
/// <param name="Best">The likeliest token to follow.</param>
/// <param name="Margins">How far its logit is above the second one's.</param>
/// <param name="LogProbs">Natural logarithm of the probability of the token that does follow.</param>
public sealed record TokenTrace(IReadOnlyList<int> Best, IReadOnlyList<double> Margins, IReadOnlyList<double> LogProbs);

/// <summary>A text to feed.</summary>
/// <param name="Tokens">Token ids, at least two.</param>
/// <param name="Steps">How many of the first ones are also given one by one, 0 to all but the last.</param>
public sealed record ForcedText(IReadOnlyList<int> Tokens, int Steps);

/// <summary>What a model said of a text.</summary>
/// <param name="Whole">Of all tokens but the last, given at once.</param>
/// <param name="Steps">Of the first ones, given one by one; null when none was.</param>
public sealed record ForcedTrace(TokenTrace Whole, TokenTrace? Steps);
