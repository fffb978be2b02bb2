namespace SlmOps.Inference;

/// <summary>What a decoder export takes and gives.</summary>
/// <param name="VocabularySize">Last dimension of <c>logits</c>.</param>
/// <param name="Layers">Layers with a key/value cache; 0 without a cache.</param>
/// <param name="KvHeads">Key/value heads of the first cached layer; 0 without a cache.</param>
/// <param name="HeadSize">Size of one head of the first cached layer; 0 without a cache.</param>
/// <param name="HasKvCache">True when every <c>past_key_values.*</c> input has its <c>present.*</c> output.</param>
/// <param name="MaxPositions">Longest sequence the model was made for, or null when nobody says.</param>
/// <param name="NeedsPositionIds">The model takes <c>position_ids</c>.</param>
/// <param name="NeedsAttentionMask">The model takes <c>attention_mask</c>.</param>
/// <param name="TokenType">Element type of <c>input_ids</c>, <c>int32</c> or <c>int64</c>.</param>
/// <param name="CacheType">Element type of the cache, <c>float32</c>, <c>float16</c> or <c>bfloat16</c>; null without a cache.</param>
/// <param name="LogitsType">Element type of <c>logits</c>.</param>
public sealed record ModelShape(
    int VocabularySize,
    int Layers,
    int KvHeads,
    int HeadSize,
    bool HasKvCache,
    int? MaxPositions,
    bool NeedsPositionIds,
    bool NeedsAttentionMask,
    string TokenType,
    string? CacheType,
    string LogitsType);
