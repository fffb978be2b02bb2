using SlmOps.Contracts;

namespace SlmOps.Pipeline.Runs;

/// <summary>What the device lab found of one variant; no outcomes for one that validation had refused.</summary>
/// <param name="Variant">Variant name.</param>
/// <param name="Outcomes">Processor by processor, the lab's own machine first.</param>
internal sealed record LabResult(string Variant, IReadOnlyList<LabOutcome> Outcomes) : StageResult
{
    internal const string Prefix = "lab|";

    internal static string Row(string variant) => Prefix + variant;

    /// <summary>The processor of the lab's machine, which the others were compared with.</summary>
    public string Machine { get; init; } = "";

    /// <summary>Predictions of each way through the text, or sets of inputs.</summary>
    public int Positions { get; init; }
}
