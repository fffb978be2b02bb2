namespace SlmOps.Inference;

/// <summary>Bounds on what a tokenizer.json and a text may cost.</summary>
public sealed record TokenizerLimits
{
    /// <summary>Most bytes of the file.</summary>
    public int MaxFileBytes { get; init; } = 64 << 20;

    /// <summary>Most tokens, added ones included; also the bound of a token id.</summary>
    public int MaxTokens { get; init; } = 2_000_000;

    /// <summary>Most merges.</summary>
    public int MaxMerges { get; init; } = 4_000_000;

    /// <summary>Most UTF-16 units of one text to encode.</summary>
    public int MaxTextLength { get; init; } = 16 << 20;

    /// <summary>Longest that one match of a pattern that needs backtracking may take.</summary>
    public TimeSpan PatternTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
