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

/// <summary>Work order on the rollout queue: look at this rollout and move it as far as it goes.</summary>
/// <param name="Schema">Format version, 1.</param>
/// <param name="RolloutId">Rollout id, or null to create one from <paramref name="RunId"/>.</param>
/// <param name="RunId">The run whose release is to be rolled out.</param>
/// <param name="Traceparent">W3C trace context.</param>
public sealed record RolloutMessage(int Schema, string? RolloutId, string? RunId, string? Traceparent);
