using System.Globalization;
using SlmOps.Cli.Watch;
using SlmOps.Pipeline.Lab;
using SlmOps.Pipeline.Processors;
using Spectre.Console;

namespace SlmOps.Cli.Lab;

/// <summary>The lab's results for people.</summary>
internal static class LabView
{
    private static readonly string[] Columns =
    [
        "variant", "processor", "loads", "verdict", "top-1", "KL to native", "token by token", "KL to original", "model", "cache", "bits",
    ];

    internal static Table Results(LabReport report)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in Columns)
        {
            table.AddColumn(column);
        }

        foreach (var row in report.Rows)
        {
            table.AddRow(
                Markup.Escape(row.Variant),
                Markup.Escape(row.Processor) + (row.Emulated ? "" : " *"),
                row.Trial is not null ? "yes" : row.Verdict.Tried ? "no" : "",
                row.Verdict.Passed ? "passed" : $"[red]{Markup.Escape(row.Verdict.Code)}[/]",
                row.FromMachine?.Top1 is { } share ? $"{Show(share * 100, "0.0")} %" : "",
                row.FromMachine?.Prompt.SqnrDb is { } decibel ? $"{Show(decibel, "0.0")} dB" : Kl(row.FromMachine?.Prompt.Kl),
                Kl(row.FromMachine?.Steps?.Kl),
                Kl(row.FromOriginal?.Kl),
                row.Trial?.ModelBytes is { } bytes ? StatusChanges.Bytes(bytes) : "",
                row.Trial is { CacheBytes: > 0 } trial ? StatusChanges.Bytes(trial.CacheBytes) : "",
                row.Bits ?? "");
        }

        return table;
    }

    internal static void Explain(Terminal terminal, LabReport report)
    {
        foreach (var row in report.Rows.Where(row => !row.Verdict.Passed))
        {
            terminal.Say($"{row.Variant} on {row.Processor}: {row.Verdict.Reason}");
        }

        terminal.Say(
            $"* {report.Machine}, natively. {LabReport.SpeedNote} Text: {report.Text}, {report.Tokens} predictions at once and half as many "
                + "token by token, of the original fewer. Processors with the same letter computed the same bits.");
    }

    internal static string Line(LabRow row) => row.Verdict.Passed && row.FromMachine is { } difference
        ? $"{row.Variant} on {row.Processor}: passed, top-1 {Show(difference.Top1 * 100, "0.0")} %, KL {Kl(difference.Kl)} to native"
        : $"{row.Variant} on {row.Processor}: {row.Verdict.Code}, {row.Verdict.Reason}";

    internal static Table Processors(LabTools tools)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in (string[])["processor", "what ONNX Runtime sees", "how", "here"])
        {
            table.AddColumn(column);
        }

        foreach (var one in LabProcessors.All)
        {
            table.AddRow(
                one.Name,
                Markup.Escape(one.Level),
                one.Emulator ?? "natively",
                Markup.Escape(tools.Missing(one) is { } why ? $"no: {why}" : "yes"));
        }

        return table;
    }

    private static string Kl(double? kl) => Show(kl, "0.00000");

    private static string Show(double? number, string format) => number?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
