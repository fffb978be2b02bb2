using SlmOps.Contracts;
using SlmOps.Pipeline.Fleet;

namespace SlmOps.Pipeline.Channels;

/// <summary>One release on its way through one channel.</summary>
internal sealed record RolloutRecord
{
    /// <summary>The run's key, and for a second rollout of a release in its channel <c>~2</c> after it.</summary>
    public required string Id { get; init; }

    /// <summary>Channel.</summary>
    public required ChannelName Channel { get; init; }

    /// <summary>What is rolled out.</summary>
    public required ReleaseRef Release { get; init; }

    /// <summary>Manifest digests of its variants, to tell whether a device runs it.</summary>
    public required IReadOnlyList<Digest> Manifests { get; init; }

    /// <summary>What the channel ran before, or null.</summary>
    public ReleaseRef? Previous { get; init; }

    /// <summary>The rollout that brought that, or null.</summary>
    public string? PreviousRollout { get; init; }

    /// <summary>Classes of processors that the release was withdrawn from.</summary>
    public IReadOnlyList<string> ExcludedClasses { get; init => field = value ?? []; } = [];

    /// <summary>Salt of ring membership.</summary>
    public required string Salt { get; init; }

    /// <summary>State.</summary>
    public required RolloutState State { get; init; }

    /// <summary>0-based index of the ring that is open last.</summary>
    public required int CurrentRing { get; init; }

    /// <summary>Rings in order.</summary>
    public required IReadOnlyList<RingRecord> Rings { get; init; }

    /// <summary>Soak on the device.</summary>
    public required int SoakSeconds { get; init; }

    /// <summary>A device of an open ring that says nothing for this long is silent.</summary>
    public required int DeadlineSeconds { get; init; }

    /// <summary>Why it is in this state, for machines.</summary>
    public string? ReasonCode { get; init; }

    /// <summary>The same in one sentence.</summary>
    public string? Reason { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it reached a final state.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>W3C trace context of the run.</summary>
    public string? Traceparent { get; init; }

    internal const string Prefix = "rollout|";

    internal static string Row(string id) => Prefix + id;

    /// <summary>The rings whose devices may take the release now.</summary>
    internal IReadOnlyList<Ring> OpenRings => State is RolloutState.Running or RolloutState.Paused
        ? [.. Rings.Where(ring => ring.StartedAt is not null).Select(ring => ring.Ring)]
        : [];

    /// <summary>Ring of a device among those opened so far, or -1.</summary>
    internal int RingOf(DeviceRecord device) => RingMembership.Find(
        [.. Rings.Take(CurrentRing + 1).Select(ring => ring.Ring)], Salt, device.Id, device.Labels);

    /// <summary>What a device said of this rollout; null when its last word was of another, or of an earlier one of the same release.</summary>
    internal DeploymentStatus? StatusOf(DeviceRecord device) => device.Deployment is { } status
        && status.Release == Release.Digest && (string.IsNullOrEmpty(status.RolloutId) || status.RolloutId == Id)
            ? status
            : null;

    internal RolloutRecord WithRing(int index, RingRecord ring) => this with
    {
        Rings = [.. Rings.Select((other, at) => at == index ? ring : other)],
    };
}

/// <summary>One ring of a rollout.</summary>
/// <param name="Ring">Name, selector, and the fraction: set to the place of the last device that it takes.</param>
/// <param name="State">State.</param>
/// <param name="StartedAt">When it was opened.</param>
/// <param name="Reason">Its verdict in one sentence.</param>
internal sealed record RingRecord(Ring Ring, RingState State, DateTimeOffset? StartedAt, string? Reason)
{
    /// <summary>The share that was asked for, before it became the place of a device.</summary>
    public double? Share { get; init; }

    /// <summary>True when devices were in it when it was opened: where they leave the fleet, it is given up at the deadline, not at once.</summary>
    public bool HadDevices { get; init; }

    /// <summary>Share of its living devices that must fail for the release to be withdrawn; one must in any case.</summary>
    public double ErrorThreshold { get; init; }

    /// <summary>The same for devices that fall silent once the release is in charge: 0 is one device, any other share two at least.</summary>
    public double SilenceThreshold { get; init; }
}
