using SlmOps.Contracts;

namespace SlmOps.Pipeline.Channels;

/// <summary>The adaptations of a channel after one more or one less. Pure.</summary>
internal static class AdaptationPlan
{
    /// <summary>
    /// Versions of one adaptation that stay in the document: where the newest fails, or for a base that it was not made
    /// for, a device takes the one before.
    /// </summary>
    internal const int VersionsKept = 3;

    /// <summary>
    /// Devices take the first that matches, so the order decides: more labels before fewer, then the newer before the older.
    /// </summary>
    /// <returns>The new list, or why there is none.</returns>
    internal static (IReadOnlyList<ChannelOverlay>? Overlays, string? Refusal) Add(
        IReadOnlyList<ChannelOverlay> now,
        ChannelOverlay overlay)
    {
        var same = now.Where(other => other.Name == overlay.Name && other.Version != overlay.Version).Take(VersionsKept - 1);
        var others = now.Where(other => other.Name != overlay.Name);
        List<ChannelOverlay> next = [.. same.Prepend(overlay).Concat(others).OrderByDescending(one => one.Selector.Count)];
        return next switch
        {
            { Count: > ChannelOverlay.MaxInChannel } => (
                null,
                $"the channel would have {next.Count} adaptations; the limit is {ChannelOverlay.MaxInChannel}"),
            _ when next.Sum(one => one.Compositions.Count) is > ChannelOverlay.MaxCompositions and var compositions => (
                null,
                $"the channel would have {compositions} compositions; the limit is {ChannelOverlay.MaxCompositions}"),
            _ => (next, null),
        };
    }

    /// <param name="now">The adaptations of the channel.</param>
    /// <param name="name">The adaptation to take out.</param>
    /// <param name="version">Only this version of it; null for all.</param>
    internal static IReadOnlyList<ChannelOverlay> Withdraw(IReadOnlyList<ChannelOverlay> now, ModelName name, ModelVersion? version) =>
        [.. now.Where(overlay => overlay.Name != name || (version is { } one && overlay.Version != one))];
}
