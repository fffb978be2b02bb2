namespace SlmOps.Contracts;

/// <summary>
/// Work order on a stage queue: a claim check, never the data (at most <see cref="MaxBytes"/> as JSON).
/// </summary>
/// <param name="Schema">Format version, 1.</param>
/// <param name="RunId">The run: model and version.</param>
/// <param name="Variant">The variant, or null for a stage that works on the whole run.</param>
/// <param name="Traceparent">W3C trace context.</param>
public sealed record StageMessage(int Schema, string RunId, string? Variant, string? Traceparent)
{
    /// <summary>The format version this code reads and writes.</summary>
    public const int CurrentSchema = 1;

    /// <summary>Largest message a stage accepts, in bytes of UTF-8 JSON.</summary>
    public const int MaxBytes = 2048;
}

/// <summary>Work order on the rollout queue: look at this channel and move its rollout as far as it goes.</summary>
/// <param name="Schema">Format version, 1.</param>
/// <param name="Channel">The channel to look at; null when <paramref name="RunId"/> is given.</param>
/// <param name="RunId">A run whose release is to be rolled out, or null.</param>
/// <param name="Traceparent">W3C trace context.</param>
public sealed record RolloutMessage(int Schema, ChannelName? Channel, string? RunId, string? Traceparent);
