namespace SlmOps.EdgeAgent.Smoke;

/// <summary>What the smoke test's process answers.</summary>
/// <param name="Passed">True when the model does what it should.</param>
/// <param name="Code">Why not, in kebab case.</param>
/// <param name="Reason">The verdict in one sentence.</param>
/// <param name="Agreement">Share of generated tokens that are the expected ones; null for other models.</param>
/// <param name="Tokens">Tokens generated.</param>
/// <param name="TokensPerSecond">How fast, prompts included.</param>
/// <param name="PeakBytes">Largest resident memory of the process.</param>
internal sealed record SmokeOutcome(
    bool Passed, string? Code, string Reason, double? Agreement, int Tokens, double? TokensPerSecond, long PeakBytes);
