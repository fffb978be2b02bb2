using System.Globalization;

namespace SlmOps.Pipeline.Lab;

/// <summary>Figures of one variant on one processor to verdict. Pure; docs/processors.md has the measurements behind the bounds.</summary>
internal static class LabPolicy
{
    /// <summary>A class of processor may lose twice what this machine loses, and so many nats more.</summary>
    internal const double MostLossFactor = 2;

    internal const double MostLossMore = 0.002;

    /// <summary>Where there is no original to compare with: most divergence from this machine, in nats.</summary>
    internal const double MostDivergence = 0.01;

    /// <summary>For models that are no language models: least signal to noise against this machine, in dB.</summary>
    internal const double LeastSqnrDb = 20;

    /// <summary>The verdict.</summary>
    /// <param name="row">What was measured; its verdict is not looked at.</param>
    /// <param name="machine">The same variant on this machine; null for that row itself.</param>
    internal static LabVerdict Judge(LabRow row, LabRow? machine)
    {
        if (row.Smoke is { Passed: false } smoke)
        {
            return new(smoke.Code ?? "smoke-failed", smoke.Reason);
        }

        if (row.Trial is not { } trial)
        {
            return new("smoke-alone", "nothing was run but the smoke test");
        }

        if (!trial.Prompt.Finite || trial.Steps is { Finite: false })
        {
            return machine?.Trial is { Prompt.Finite: false } or { Steps.Finite: false }
                ? Passed("its outputs are not finite here as on this machine")
                : new("not-finite", "its outputs are not finite numbers");
        }

        return row.FromOriginal is { Prompt.Kl: not null } ? ByOriginal(row, machine?.FromOriginal)
            : row.FromMachine is { Prompt.Kl: not null } difference ? ByMachine(difference)
            : row.FromMachine is { Prompt.SqnrDb: { } decibel } ? ByOutputs(decibel)
            : Passed("nothing here to compare with");
    }

    /// <summary>
    /// The same once every processor was tried: the loss is right that the best of them has, and this machine may itself be of a class
    /// that computes the variant worse.
    /// </summary>
    /// <param name="row">What was measured, judged by this machine.</param>
    /// <param name="rows">All rows of the variant.</param>
    internal static LabVerdict JudgeByBest(LabRow row, IReadOnlyList<LabRow> rows)
    {
        if (!row.Verdict.Passed || row.FromOriginal is not { Prompt.Kl: not null } own)
        {
            return row.Verdict;
        }

        var sound = rows.Where(one => one.Verdict.Passed).Select(one => one.FromOriginal).OfType<LabDifference>().ToList();
        var best = new LabDifference(
            own.Prompt with { Kl = sound.Min(one => one.Prompt.Kl) },
            own.Steps is null ? null : own.Steps with { Kl = sound.Min(one => one.Steps?.Kl) });
        var verdict = ByOriginal(row, best);
        return verdict.Passed ? row.Verdict : verdict;
    }

    /// <summary>Whether the loss is right on this machine was validation's to say; here it is the yardstick.</summary>
    private static LabVerdict ByOriginal(LabRow row, LabDifference? onMachine)
    {
        if (onMachine is null)
        {
            return Passed($"KL {Show(row.FromOriginal!.Kl)} against the original");
        }

        var (way, kl, allowed) = Worst(
            ("prompt", row.FromOriginal!.Prompt.Kl ?? double.NaN, onMachine.Prompt.Kl ?? 0),
            ("token by token", row.FromOriginal.Steps?.Kl ?? 0, onMachine.Steps?.Kl ?? 0));
        return kl <= allowed
            ? Passed($"KL {Show(row.FromOriginal.Kl)} against the original")
            : new(
                "differs",
                $"KL {Show(kl)} against the original, {way}, where up to {Show(allowed)} is right by the figure of another processor");
    }

    private static (string Way, double Kl, double Allowed) Worst(params (string Way, double Kl, double OnMachine)[] ways) => ways
        .Select(one => (one.Way, one.Kl, Allowed: (MostLossFactor * one.OnMachine) + MostLossMore))
        // What is not a number compares with nothing, and is the worst.
        .MaxBy(one => double.IsNaN(one.Kl) ? double.MaxValue : one.Kl / one.Allowed);

    private static LabVerdict ByMachine(LabDifference difference) => difference.Kl <= MostDivergence
        ? Passed($"KL {Show(difference.Kl)} against this machine")
        : new("differs", $"KL {Show(difference.Kl)} against this machine, where up to {Show(MostDivergence)} is right");

    private static LabVerdict ByOutputs(double decibel) => decibel >= LeastSqnrDb
        ? Passed($"{decibel.ToString("0.0", CultureInfo.InvariantCulture)} dB against this machine")
        : new(
            "differs",
            $"{decibel.ToString("0.0", CultureInfo.InvariantCulture)} dB against this machine, where {LeastSqnrDb} is the least");

    private static LabVerdict Passed(string reason) => new(LabVerdict.PassedCode, reason);

    private static string Show(double? number) => number is { } kl ? kl.ToString("0.00000", CultureInfo.InvariantCulture) : "none";
}
