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

    /// <summary>Data: <see cref="Contracts.DeviceConflict"/>.</summary>
    public const string DeviceConflict = "slmops.device.conflict.v1";

    /// <summary>Every type with what it says, in flow order.</summary>
    public static IReadOnlyList<(string Type, string Data, string Says)> All { get; } =
    [
        (ModelReceived, nameof(Contracts.ModelReceived), "An upload was taken: its files are whole, its variants are ordered."),
        (ModelRejected, nameof(Contracts.ModelRejected), "An upload is refused, with every problem. Nothing of it reaches a device."),
        (ModelQuantized, nameof(Contracts.ModelQuantized), "A variant was made."),
        (ModelValidated, nameof(Contracts.ModelValidated), "A variant was judged, accepted or not, with its figures."),
        (ModelPackaged, nameof(Contracts.ModelPackaged), "The accepted variants are packaged and stored."),
        (ModelReleased, nameof(Contracts.ModelReleased), "They are signed, listed in the repository, and asked for by a channel."),
        (AdaptationReleased, nameof(Contracts.AdaptationReleased), "An adaptation of a released model was tried, signed and published."),
        (RolloutStarted, nameof(Contracts.RolloutStarted), "A rollout of a release began."),
        (RingStarted, nameof(Contracts.RingStarted), "A ring of devices is asked to take the release."),
        (RingPassed, nameof(Contracts.RingPassed), "The gate of a ring is passed; the figures that it looked at are in it."),
        (RolloutPaused, nameof(Contracts.RolloutPaused), "A rollout stands still, by itself or by an operator."),
        (RolledBack, nameof(Contracts.RolledBack), "A release was taken back, and why."),
        (RolloutCompleted, nameof(Contracts.RolloutCompleted), "Every ring has passed."),
        (DeviceConflict, nameof(Contracts.DeviceConflict), "Two agents report under one device id."),
    ];
}
