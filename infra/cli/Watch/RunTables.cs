using SlmOps.Contracts.Operator;
using Spectre.Console;
using static SlmOps.Cli.Watch.StatusChanges;

namespace SlmOps.Cli.Watch;

/// <summary>A run as tables.</summary>
internal static class RunTables
{
    internal static void Show(Terminal terminal, RunStatus status)
    {
        if (status.Variants.Count > 0)
        {
            terminal.Screen.Write(Variants(status));
        }

        if (status.Variants.Any(variant => variant.Lab.Count > 0))
        {
            terminal.Screen.Write(Lab(status));
        }

        if (status.Devices.Count > 0)
        {
            terminal.Screen.Write(Devices(status));
        }
    }

    private static Table Variants(RunStatus status)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in (string[])["variant", "bytes", "ratio", "perplexity", "change", "KL", "tokens/s", "needs RAM", "verdict"])
        {
            table.AddColumn(column);
        }

        foreach (var variant in status.Variants)
        {
            var figures = variant.Figures;
            var verdict = variant.Accepted switch
            {
                true when variant.State == VariantState.LeftOut => "left out",
                true => "accepted",
                false => "refused",
                null => Name(variant.State),
            };
            table.AddRow(
                Markup.Escape(variant.Name),
                Bytes(variant.Bytes),
                Number(variant.Ratio, "0.000"),
                Number(figures?.Perplexity, "0.000"),
                Number(figures?.PerplexityChange * 100, "+0.00;-0.00;0.00") + (figures?.PerplexityChange is null ? "" : " %"),
                Number(figures?.Kl, "0.00000"),
                Number(figures?.TokensPerSecond, "0"),
                Bytes(variant.RamBytes),
                Markup.Escape($"{verdict}: {variant.Reason}"));
        }

        return table;
    }

    private static Table Lab(RunStatus status)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in (string[])["variant", "lab", "class", "verdict", "top-1", "KL to native", "KL to original", "bits"])
        {
            table.AddColumn(column);
        }

        foreach (var (variant, outcome) in status.Variants.SelectMany(variant => variant.Lab, (variant, outcome) => (variant, outcome)))
        {
            table.AddRow(
                Markup.Escape(variant.Name),
                Markup.Escape(outcome.Processor) + (outcome.Emulated ? "" : " *"),
                Markup.Escape(outcome.ProcessorClass ?? ""),
                Markup.Escape(outcome.Passed ? outcome.Code : $"{outcome.Code}: {outcome.Reason}"),
                Number(outcome.Top1 * 100, "0.0") + (outcome.Top1 is null ? "" : " %"),
                Number(outcome.KlToMachine, "0.00000"),
                Number(outcome.KlToOriginal, "0.00000"),
                Markup.Escape(outcome.Bits ?? ""));
        }

        return table;
    }

    private static Table Devices(RunStatus status)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in (string[])["device", "state", "ring", "variant", "digest", "verified"])
        {
            table.AddColumn(column);
        }

        // Most fleets have no adaptations, and the table is wide enough.
        var adapted = status.Devices.Any(device => device.Composition is { Composition.IsEmpty: false });
        if (adapted)
        {
            table.AddColumn("composition");
        }

        foreach (var device in status.Devices)
        {
            List<string> row =
            [
                Markup.Escape(device.Id), Name(device.State), Markup.Escape(device.Ring ?? ""),
                Markup.Escape(device.Variant ?? ""), Short(device.Manifest), device.Verified ? "yes" : "no",
            ];
            if (adapted)
            {
                row.Add(Short(device.Composition?.Composition ?? default));
            }

            table.AddRow([.. row]);
        }

        return table;
    }
}
