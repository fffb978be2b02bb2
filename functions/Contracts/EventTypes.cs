namespace SlmOps.Contracts;

/// <summary>
/// The CloudEvents 1.0 <c>type</c> of every fact the pipeline publishes, in flow order. A change that breaks readers
/// gets a new type with a higher number; the old one is published beside it for a release.
/// </summary>
public static class EventTypes
{
    /// <summary>Data: <see cref="Contracts.ModelReceived"/>.</summary>
    public const string ModelReceived = "slmops.model.received.v1";

    /// <summary>Data: <see cref="Contracts.ModelRejected"/>.</summary>
    public const string ModelRejected = "slmops.model.rejected.v1";

    /// <summary>Data: <see cref="Contracts.ModelQuantized"/>.</summary>
    public const string ModelQuantized = "slmops.model.quantized.v1";

    /// <summary>Data: <see cref="Contracts.ModelValidated"/>.</summary>
    public const string ModelValidated = "slmops.model.validated.v1";

    /// <summary>Data: <see cref="Contracts.ModelPackaged"/>.</summary>
    public const string ModelPackaged = "slmops.model.packaged.v1";

    /// <summary>Data: <see cref="Contracts.ModelReleased"/>.</summary>
    public const string ModelReleased = "slmops.model.released.v1";

    /// <summary>Data: <see cref="Contracts.AdaptationReleased"/>.</summary>
    public const string AdaptationReleased = "slmops.model.adaptation-released.v1";

    /// <summary>Data: <see cref="Contracts.RolloutStarted"/>.</summary>
    public const string RolloutStarted = "slmops.rollout.started.v1";

    /// <summary>Data: <see cref="Contracts.RingStarted"/>.</summary>
    public const string RingStarted = "slmops.rollout.ring-started.v1";

    /// <summary>Data: <see cref="Contracts.RingPassed"/>.</summary>
    public const string RingPassed = "slmops.rollout.ring-passed.v1";

    /// <summary>Data: <see cref="Contracts.RolloutPaused"/>.</summary>
    public const string RolloutPaused = "slmops.rollout.paused.v1";

    /// <summary>Data: <see cref="Contracts.RolledBack"/>.</summary>
    public const string RolledBack = "slmops.rollout.rolled-back.v1";

    /// <summary>Data: <see cref="Contracts.RolloutCompleted"/>.</summary>
    public const string RolloutCompleted = "slmops.rollout.completed.v1";
}
