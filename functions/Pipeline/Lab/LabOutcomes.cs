using SlmOps.Contracts;
using SlmOps.Pipeline.Processors;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Lab;

/// <summary>The lab's table as a run keeps it. Pure.</summary>
internal static class LabOutcomes
{
    private const int MostReason = 500;

    /// <summary>What became of one variant.</summary>
    /// <param name="variant">The variant.</param>
    /// <param name="report">The lab's report; rows of other variants are not looked at.</param>
    /// <param name="tidy">Takes the paths of the lab's machine out of a message.</param>
    internal static LabResult Of(string variant, LabReport report, Func<string, string> tidy)
    {
        var rows = report.Rows.Where(row => row.Variant == variant).ToList();

        // Validation has run it on this kind of machine: inputs that cannot be made up here are the lab's want and no verdict.
        var broken = rows.FirstOrDefault(row => row.Processor == LabProcessors.Native.Name && row.Verdict.Code == "failed");
        return new(variant, [.. rows.Select(row => Outcome(broken is null ? row : row with { Verdict = Unknown(broken) }, tidy))])
        {
            Machine = report.Machine,
            Positions = report.Tokens,
        };
    }

    internal static IReadOnlyList<LabOutcome> NotTried(IReadOnlyList<LabProcessor> processors, string why) =>
        [.. processors.Select(one => new LabOutcome(one.Name, one.Class, one.IsEmulated, LabOutcome.NotTriedCode, Cut(why)))];

    private static LabVerdict Unknown(LabRow broken) =>
        LabVerdict.NotTried($"the lab's own machine cannot run it: {broken.Verdict.Reason}");

    private static LabOutcome Outcome(LabRow row, Func<string, string> tidy) =>
        new(row.Processor, LabProcessors.Find(row.Processor)?.Class, row.Emulated, row.Verdict.Code, Cut(tidy(row.Verdict.Reason)))
        {
            Top1 = Finite(row.FromMachine?.Top1),
            KlToMachine = Finite(row.FromMachine?.Kl),
            KlToOriginal = Finite(row.FromOriginal?.Kl),
            Bits = row.Bits,
        };

    /// <summary>JSON has no NaN; the verdict says that a figure was none.</summary>
    private static double? Finite(double? figure) => figure is { } value && double.IsFinite(value) ? value : null;

    private static string Cut(string text) => text.Length <= MostReason ? text : text[..MostReason] + "…";
}
