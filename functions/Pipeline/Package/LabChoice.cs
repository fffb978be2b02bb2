using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Package;

/// <summary>What the lab's word means for a release: which variants it has, and which classes of processors get them. Pure.</summary>
internal static class LabChoice
{
    /// <summary>The verdicts with the lab's in them; null while one is missing.</summary>
    /// <param name="manifest">What was asked for.</param>
    /// <param name="judged">What validation said.</param>
    /// <param name="tried">What the lab said; not looked at where none is asked for.</param>
    internal static IReadOnlyList<ValidateResult>? Verdicts(
        UploadManifest manifest, IReadOnlyList<ValidateResult> judged, IReadOnlyList<LabResult> tried)
    {
        if (judged.Count < manifest.Variants.Count || (manifest.Lab is not null && tried.Count < manifest.Variants.Count))
        {
            return null;
        }

        return manifest.Lab is not { } lab ? judged
            : [.. judged.Select(one => one with { Verdict = Verdict(lab, one.Verdict, OutcomesOf(one.Variant, tried)) })];
    }

    /// <summary>The classes that it passed on every processor of, and those where it failed on one; neither where none was tried.</summary>
    internal static (IReadOnlyList<string> Passed, IReadOnlyList<string> Failed) Classes(IReadOnlyList<LabOutcome> outcomes)
    {
        var tried = outcomes.Where(one => one is { Tried: true, ProcessorClass: not null }).GroupBy(one => one.ProcessorClass!).ToList();
        return (Sorted(tried.Where(one => one.All(outcome => outcome.Passed))), Sorted(tried.Where(one => one.Any(Failed))));

        static bool Failed(LabOutcome outcome) => !outcome.Passed;
        static IReadOnlyList<string> Sorted(IEnumerable<IGrouping<string, LabOutcome>> classes) =>
            [.. classes.Select(one => one.Key).Order(StringComparer.Ordinal)];
    }

    internal static IReadOnlyList<LabOutcome> OutcomesOf(string variant, IReadOnlyList<LabResult> tried) =>
        tried.FirstOrDefault(one => one.Variant == variant)?.Outcomes ?? [];

    private static QualityVerdict Verdict(LabRequest lab, QualityVerdict validation, IReadOnlyList<LabOutcome> outcomes)
    {
        if (!validation.Accepted)
        {
            return validation;
        }

        if (lab.Required && outcomes.FirstOrDefault(one => !one.Tried) is { } missing)
        {
            return new(false, $"the lab that slmops.json requires did not try it on {missing.Processor}: {missing.Reason}")
            {
                Cure = "Do that where the lab runs, or let its mode be \"advisory\" in slmops.json; then upload under a new version.",
            };
        }

        var tried = outcomes.Where(one => one.Tried).ToList();
        return tried.Count > 0 && tried.TrueForAll(one => !one.Passed)
            ? new(false, $"it fails on every processor that the lab tried; {tried[0].Processor}: {tried[0].Reason}")
            : validation;
    }
}
