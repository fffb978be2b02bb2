using SlmOps.Pipeline.Lab;

namespace SlmOps.Cli.Lab;

/// <summary>What the lab's plot shows: one figure of each variant on each processor. Pure.</summary>
/// <param name="Figure">Which figure, for people.</param>
/// <param name="IsLogarithmic">True where a step up is ten times as much.</param>
/// <param name="Processors">Names along the axis.</param>
/// <param name="Variants">A line of points for each variant.</param>
internal sealed record LabFigure(
    string Figure, bool IsLogarithmic, IReadOnlyList<string> Processors, IReadOnlyList<LabFigureLine> Variants)
{
    /// <summary>Below it a divergence is as good as none, and has a place on a logarithmic axis.</summary>
    internal const double Least = 1e-9;

    private static readonly (string Figure, bool IsLogarithmic, Func<LabRow, double?> Value)[] Choices =
    [
        ("KL to the original, nats", true, row => row.FromOriginal?.Kl),
        ("KL to this machine, nats", true, row => row.FromMachine?.Kl),
        ("signal to noise against this machine, dB", false, row => row.FromMachine?.Prompt.SqnrDb),
    ];

    /// <summary>The loss against the original where there is one, else the distance from this machine.</summary>
    internal static LabFigure Of(LabReport report)
    {
        var rows = report.Rows.Where(row => row.Verdict.Tried).ToList();
        var chosen = Array.FindIndex(Choices, choice => rows.Exists(row => choice.Value(row) is not null));
        var (figure, logarithmic, value) = Choices[chosen < 0 ? Choices.Length - 1 : chosen];
        var processors = rows.Select(row => row.Processor).Distinct().ToList();
        return new(figure, logarithmic, processors, [.. rows.GroupBy(row => row.Variant).Select(Line)]);

        LabFigureLine Line(IGrouping<string, LabRow> variant) => new(
            variant.Key,
            [.. variant.Where(row => Finite(row) is not null).Select(row => (processors.IndexOf(row.Processor), Finite(row)!.Value))],
            [.. variant.Where(row => !row.Verdict.Passed).Select(row => (processors.IndexOf(row.Processor), Finite(row)))]);

        double? Finite(LabRow row) => value(row) is { } number && double.IsFinite(number)
            ? logarithmic ? Math.Log10(Math.Max(number, Least)) : number
            : null;
    }
}

/// <summary>One variant.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Points">Place along the axis and figure, its logarithm where the axis is logarithmic.</param>
/// <param name="Failures">Where it did not pass; without a figure where there is none.</param>
internal sealed record LabFigureLine(
    string Name, IReadOnlyList<(int At, double Value)> Points, IReadOnlyList<(int At, double? Value)> Failures);
