using SlmOps.Contracts;

namespace SlmOps.Pipeline.Package;

/// <summary>How much memory a device must have for a variant. Pure.</summary>
internal static class RamNeed
{
    private const long MiB = 1 << 20;

    /// <summary>
    /// What validation saw, but never less than the weights and a quarter: a measurement on a busy machine can miss
    /// pages that were there before. Rounded up to whole MiB.
    /// </summary>
    internal static long Of(VariantFigures figures, long bytes) =>
        (Math.Max(figures.PeakBytes ?? 0, bytes + bytes / 4) + MiB - 1) / MiB * MiB;
}
