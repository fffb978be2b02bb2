using SlmOps.Contracts;

namespace SlmOps.Packaging.Manifests;

/// <summary>What a package says of a variant beside its files.</summary>
public sealed record VariantDescription
{
    /// <summary>Model name.</summary>
    public required ModelName Model { get; init; }

    /// <summary>Model version.</summary>
    public required ModelVersion Version { get; init; }

    /// <summary>Variant name, a <see cref="SafeName"/>.</summary>
    public required string Variant { get; init; }

    /// <summary>Quantizer recipe, such as <c>int4-b32-sym</c>.</summary>
    public required string Recipe { get; init; }

    /// <summary>When the source was made, never the clock: packages must come out the same every time.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>What a device must have.</summary>
    public required VariantNeeds Needs { get; init; }

    /// <summary>What validation measured.</summary>
    public required VariantFigures Figures { get; init; }

    /// <summary>Digest of the source model.</summary>
    public required Digest Source { get; init; }

    /// <summary>Architecture in ModelPack's words, such as <c>transformer</c>, or null.</summary>
    public string? Architecture { get; init; }

    /// <summary>Parameter count in ModelPack's form, such as <c>0.5b</c>, or null.</summary>
    public string? ParameterSize { get; init; }

    /// <summary>Model family, such as <c>llama</c>, or null.</summary>
    public string? Family { get; init; }

    /// <summary>Precision of the weights, such as <c>int4</c>, or null.</summary>
    public string? Precision { get; init; }

    /// <summary>Way of quantization, such as <c>matmulnbits-b32</c>, or null.</summary>
    public string? Quantization { get; init; }

    /// <summary>SPDX licence expressions; may be empty.</summary>
    public IReadOnlyList<string> Licenses { get; init; } = [];
}
