using SlmOps.Contracts.Operator;
using static SlmOps.Cli.Watch.StatusChanges;

namespace SlmOps.Cli.Watch;

/// <summary>
/// How far stages are, as lines that do not flood a log: one when a part begins, at every tenth of it, and every half minute.
/// </summary>
internal sealed class ProgressLines
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(30);

    private readonly Dictionary<(string Stage, string? Variant), StageProgress> _said = [];

    /// <summary>Lines worth saying now.</summary>
    internal IEnumerable<string> Next(IReadOnlyList<StageProgress> now)
    {
        foreach (var progress in now)
        {
            var key = (progress.Stage, progress.Variant);
            if (!_said.TryGetValue(key, out var before) || IsNews(before, progress))
            {
                _said[key] = progress;
                yield return Line(progress);
            }
        }
    }

    /// <summary><c>quantize   int4           quantize 42 %, 118.3 MB/s</c>.</summary>
    internal static string Line(StageProgress progress) => $"{progress.Stage,-10} {progress.Variant ?? "",-14} {Text(progress)}";

    /// <summary>All of it in one line, for a place that is written over again.</summary>
    internal static string Short(IReadOnlyList<StageProgress> now) =>
        string.Join(" · ", now.Select(
            progress => string.Join(' ', new[] { progress.Stage, progress.Variant, Text(progress) }.OfType<string>())));

    private static string Text(StageProgress progress) => progress.WaitsFor is { } waits
        ? $"waits: {waits}"
        : progress.Part
            + (progress.Fraction is { } fraction ? $" {Number(Math.Floor(fraction * 100), "0")} %" : "")
            + (progress.Fraction is null && progress.Bytes is { } bytes ? $" {Bytes(bytes)}" : "")
            + (progress.BytesPerSecond is { } rate ? $", {Number(rate / 1e6, "0.0")} MB/s" : "");

    private static bool IsNews(StageProgress before, StageProgress now) =>
        before.Part != now.Part
        || before.WaitsFor != now.WaitsFor
        || Tenth(before) != Tenth(now)
        || now.At - before.At >= Quiet;

    private static int Tenth(StageProgress progress) => (int)((progress.Fraction ?? 0) * 10);
}
