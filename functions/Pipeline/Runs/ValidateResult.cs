using SlmOps.Contracts;

namespace SlmOps.Pipeline.Runs;

/// <summary>What validation found for one variant.</summary>
/// <param name="Variant">Variant name.</param>
/// <param name="Verdict">The judgement.</param>
/// <param name="Figures">What was measured; all null when the variant could not be run.</param>
/// <param name="SmokeTest">Prompts with what this variant says of them, for devices; null for other models.</param>
internal sealed record ValidateResult(string Variant, QualityVerdict Verdict, VariantFigures Figures, SmokeTest? SmokeTest) : StageResult
{
    /// <summary>Inputs with what this variant makes of them, for devices; null for language models.</summary>
    public SmokeOutputs? SmokeOutputs { get; init; }

    internal const string Prefix = "validate|";

    internal static string Row(string variant) => Prefix + variant;
}
