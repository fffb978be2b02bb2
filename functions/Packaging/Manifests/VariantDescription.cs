using SlmOps.Contracts;

namespace SlmOps.Packaging.Manifests;

/// <summary>What a package says of a variant beside its files.</summary>
/// <param name="Model">Model name, a <see cref="SafeName"/>.</param>
/// <param name="Version">Model version, a <see cref="SafeName"/>.</param>
/// <param name="Variant">Variant name, a <see cref="SafeName"/>.</param>
/// <param name="Recipe">Quantizer recipe, such as <c>int4-b32-sym</c>.</param>
/// <param name="CreatedAt">When the source was made, never the clock: packages must come out the same every time.</param>
/// <param name="Needs">What a device must have.</param>
/// <param name="Figures">What validation measured.</param>
/// <param name="Source">Digest of the source model.</param>
/// <param name="Architecture">Architecture in ModelPack's words, such as <c>transformer</c>, or null.</param>
/// <param name="ParameterSize">Parameter count in ModelPack's form, such as <c>0.5b</c>, or null.</param>
public sealed record VariantDescription(
    string Model,
    string Version,
    string Variant,
    string Recipe,
    DateTimeOffset CreatedAt,
    VariantNeeds Needs,
    VariantFigures Figures,
    Digest Source,
    string? Architecture,
    string? ParameterSize)
{
    /// <summary>Model family, such as <c>llama</c>, or null.</summary>
    public string? Family { get; init; }

    /// <summary>Precision of the weights, such as <c>int4</c>, or null.</summary>
    public string? Precision { get; init; }

    /// <summary>Way of quantization, such as <c>matmulnbits-b32</c>, or null.</summary>
    public string? Quantization { get; init; }

    /// <summary>SPDX licence expressions; may be empty.</summary>
    public IReadOnlyList<string> Licenses { get; init; } = [];
}
