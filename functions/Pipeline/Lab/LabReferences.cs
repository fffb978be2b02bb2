using SlmOps.Inference.Trials;

namespace SlmOps.Pipeline.Lab;

/// <summary>Which recorded runs a trial is compared with, and whose figures are whose afterwards. Pure.</summary>
/// <param name="Machine">Folder of this machine's run of the same variant, or null.</param>
/// <param name="Original">Folder of this machine's run of the original, or null.</param>
internal sealed record LabReferences(string? Machine, string? Original)
{
    /// <summary>Each once.</summary>
    internal IReadOnlyList<string> Folders => [.. new[] { Machine, Original }.OfType<string>().Distinct()];

    internal LabRow Fill(LabRow row) => row.Trial is not { } trial ? row : row with
    {
        FromMachine = Of(trial, Machine),
        FromOriginal = Of(trial, Original),
    };

    private LabDifference? Of(TrialResult trial, string? folder)
    {
        var at = folder is null ? -1 : Folders.ToList().IndexOf(folder);
        return at < 0 ? null : new(trial.Prompt.Differences[at], trial.Steps?.Differences[at]);
    }
}
