using SlmOps.Contracts;
using SlmOps.Inference.Smoke;

namespace SlmOps.Pipeline.Validate;

/// <summary>
/// How far a right device may be off: a multiple of what this machine's own ways of computing differ by, and never less than
/// what was measured between processors. docs/processors.md has the measurements. Pure.
/// </summary>
internal static class SmokeBoundsPolicy
{
    // Of what the twins differ by: other processors were at most 1.9 times as far off as the farther twin.
    private const double Factor = 4;

    // A broken model must stay broken, whatever its twins say.
    private static readonly SmokeBound Widest = new(4, 0.5, 4);

    // Float32 throughout: all processors within 1e-5.
    private static readonly SmokeBound FloatFloor = new(0.02, 0.002, 0.02);

    // Rounded inputs or weights: within 0.016 on average, 0.19 at most, and no lead above 0.23 lost.
    private static readonly SmokeBound RoundedFloor = new(0.5, 0.04, 0.5);

    // The most that sums in another order change in float32.
    private const double FloatNoise = 1e-4;

    private const double FloatRuns = 0.01;
    private const double RoundedRuns = 0.1;
    private const double WidestRuns = 0.3;

    /// <summary>Bounds of prompts.</summary>
    /// <param name="recorded">What the variant says, and what its twins do.</param>
    internal static SmokeBounds Of(RecordedTexts recorded) => new(Of(recorded, text => text.Whole), Of(recorded, text => text.Steps));

    /// <summary>The bound of runs.</summary>
    internal static double Of(RecordedRuns recorded) =>
        Math.Clamp(Factor * recorded.Noise, recorded.IsRounded || recorded.Noise > FloatNoise ? RoundedRuns : FloatRuns, WidestRuns);

    private static SmokeBound Of(RecordedTexts recorded, Func<SmokeText, SmokeTrace?> part)
    {
        var noise = recorded.Twins.Select(twin => Difference(recorded.Texts, twin, part)).ToList();

        // Half precision names no operator, but its twins are far apart.
        var floor = recorded.IsRounded || noise.Exists(one => one.Mean > FloatNoise) ? RoundedFloor : FloatFloor;
        var count = recorded.Texts.Sum(text => part(text)?.Best.Count ?? 0);

        // The mean over a few tokens varies more than the mean over many.
        var few = 1 + (2 / Math.Sqrt(Math.Max(1, count)));
        return new(
            Within(floor.ClearMargin, Factor * noise.Select(one => one.Margin).DefaultIfEmpty().Max(), Widest.ClearMargin),
            Within(floor.MeanDifference * few, Factor * noise.Select(one => one.Mean).DefaultIfEmpty().Max(), Widest.MeanDifference),
            Within(floor.LargestDifference, Factor * noise.Select(one => one.Largest).DefaultIfEmpty().Max(), Widest.LargestDifference));
    }

    private static (double Mean, double Largest, double Margin) Difference(
        IReadOnlyList<SmokeText> texts, IReadOnlyList<SmokeText> twin, Func<SmokeText, SmokeTrace?> part)
    {
        List<(SmokeTrace Expected, SmokeTrace Found)> pairs = [.. texts.Zip(twin)
            .Where(pair => part(pair.First) is not null)
            .Select(pair => (part(pair.First)!, part(pair.Second)!))];
        var finding = SmokeJudge.Compare(pairs, 0);
        var lost = pairs.SelectMany(pair => Enumerable.Range(0, pair.Expected.Best.Count)
            .Where(i => pair.Expected.Best[i] != pair.Found.Best[i])
            .Select(i => pair.Expected.Margins[i]));
        return (finding.MeanDifference, finding.LargestDifference, lost.DefaultIfEmpty().Max());
    }

    private static double Within(double least, double wanted, double most) =>
        double.IsFinite(wanted) ? Math.Clamp(wanted, least, most) : most;
}
