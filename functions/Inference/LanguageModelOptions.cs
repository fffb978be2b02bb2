namespace SlmOps.Inference;

/// <summary>How to open a language model.</summary>
public sealed record LanguageModelOptions
{
    /// <summary>Threads inside one operator. More than 1 pays only when the processor cores are otherwise idle.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>
    /// Accuracy level for weights that come as DequantizeLinear and MatMul: 0 is ONNX Runtime's own choice, 1 computes
    /// in float32, 4 quantizes activations to int8. MatMulNBits nodes carry their own level.
    /// </summary>
    public int QdqAccuracyLevel { get; init; }

    /// <summary>Positions the model was made for, or null to read <c>config.json</c> beside the model, if any.</summary>
    public int? MaxPositions { get; init; }

    /// <summary>Which of the ways to compute the same model; the plain one unless rounding is what is asked about.</summary>
    public Twin Twin { get; init; }

    /// <summary>LoRA adapter files (<c>.onnx_adapter</c>) that every run has active, in this order.</summary>
    public IReadOnlyList<string> Adapters { get; init; } = [];

    /// <summary>Key/value heads, for an export whose cache inputs leave that dimension open; null to read <c>config.json</c>.</summary>
    public int? KvHeads { get; init; }

    /// <summary>Size of one head, for an export whose cache inputs leave that dimension open; null to read <c>config.json</c>.</summary>
    public int? HeadSize { get; init; }

    /// <summary>True when a model that was opened with the other is what these would open.</summary>
    internal bool OpensAs(LanguageModelOptions? other) =>
        other is not null && Adapters.SequenceEqual(other.Adapters) && this == other with { Adapters = Adapters };
}
