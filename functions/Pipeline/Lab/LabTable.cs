using SlmOps.Pipeline.Processors;

namespace SlmOps.Pipeline.Lab;

/// <summary>Rows to the report: verdicts, order, and which processors computed the same bits. Pure.</summary>
internal static class LabTable
{
    internal static LabRow NotTried(LabModel model, LabProcessor processor, string why) => new()
    {
        Variant = model.Name,
        Processor = processor.Name,
        Emulated = processor.IsEmulated,
        Verdict = LabVerdict.NotTried(why),
    };

    /// <summary>Why a model says itself that a version of ONNX Runtime cannot run it; null when it does not.</summary>
    internal static string? TooOld(LabModel model, LabProcessor processor) =>
        processor.Runtime is { } version && model.MinimumOrt is { } least && Version.TryParse(version, out var given) && given < least
            ? $"it says that it needs ONNX Runtime {least}"
            : null;

    /// <summary>A row whose process died has its verdict already; a smoke test that failed says more than that.</summary>
    internal static LabRow Judge(LabRow row, LabRow? machine) =>
        row.Verdict.Tried && row.Smoke is { Passed: false, Code: { } code } smoke ? row with { Verdict = new(code, smoke.Reason) }
        : row.Verdict.Tried || row.Trial is null ? row
        : row with { Verdict = LabPolicy.Judge(row, machine) };

    internal static LabReport Of(
        IReadOnlyList<LabModel> models, IReadOnlyList<LabProcessor> processors, IReadOnlyList<LabRow> rows, LabText text)
    {
        var ordered = new List<LabRow>();
        foreach (var model in models)
        {
            var own = processors.Select(one => rows.FirstOrDefault(row => row.Variant == model.Name && row.Processor == one.Name))
                .OfType<LabRow>().ToList();
            own = [.. own.Select(row => row with { Verdict = LabPolicy.JudgeByBest(row, own) })];
            var letters = new Dictionary<string, string>();
            ordered.AddRange(own.Select(row =>
                row.Trial is { Prompt.Bits.Length: > 0 } trial ? row with { Bits = Letter(letters, Key(trial)) } : row));
        }

        return new(
            LabProcessors.Native.Level, text.Source, ordered.Max(row => row.Trial?.Prompt.Positions) ?? 0, ordered);
    }

    private static string Key(Inference.Trials.TrialResult trial) => $"{trial.Prompt.Bits} {trial.Steps?.Bits}";

    private static string Letter(Dictionary<string, string> letters, string key)
    {
        const int Letters = 26;
        if (!letters.TryGetValue(key, out var letter))
        {
            letter = letters.Count < Letters ? ((char)('A' + letters.Count)).ToString() : $"A{letters.Count - Letters}";
            letters.Add(key, letter);
        }

        return letter;
    }
}
