using SlmOps.Contracts;

namespace SlmOps.Pipeline.Channels;

/// <summary>
/// That an adaptation was put into a channel, written with the change itself: a message that comes twice must not bring
/// back what was withdrawn meanwhile.
/// </summary>
/// <param name="RunId">The run that made it.</param>
/// <param name="Overlay">What the channel got.</param>
/// <param name="PublishedAt">When.</param>
internal sealed record PublishedAdaptation(string RunId, ChannelOverlay Overlay, DateTimeOffset PublishedAt)
{
    internal static string Row(string runId) => $"overlay|{runId}";
}
