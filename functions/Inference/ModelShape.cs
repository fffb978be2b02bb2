namespace SlmOps.Inference;

/// <summary>What a decoder export takes and gives.</summary>
public sealed record ModelShape
{
    /// <summary>Last dimension of <c>logits</c>.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Layers with a key/value cache; 0 without a cache.</summary>
    public required int Layers { get; init; }

    /// <summary>Key/value heads of the first cached layer; 0 without a cache.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Size of one head of the first cached layer; 0 without a cache.</summary>
    public required int HeadSize { get; init; }

    /// <summary>True when every <c>past_key_values.*</c> input has its <c>present.*</c> output.</summary>
    public required bool HasKvCache { get; init; }

    /// <summary>Longest sequence the model was made for, or null when nobody says.</summary>
    public int? MaxPositions { get; init; }

    /// <summary>The model takes <c>position_ids</c>.</summary>
    public required bool NeedsPositionIds { get; init; }

    /// <summary>The model takes <c>attention_mask</c>.</summary>
    public required bool NeedsAttentionMask { get; init; }

    /// <summary>Element type of <c>input_ids</c>, <c>int32</c> or <c>int64</c>.</summary>
    public required string TokenType { get; init; }

    /// <summary>Element type of the cache, <c>float32</c>, <c>float16</c> or <c>bfloat16</c>; null without a cache.</summary>
    public string? CacheType { get; init; }

    /// <summary>Element type of <c>logits</c>.</summary>
    public required string LogitsType { get; init; }
}
