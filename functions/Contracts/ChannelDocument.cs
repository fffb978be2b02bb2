namespace SlmOps.Contracts;

/// <summary>
/// What a channel should run: one static document, signed by the director key as a DSSE envelope of payload type
/// <see cref="PayloadType"/>. A device decides by itself whether an open ring admits it, so opening a ring costs one
/// write, for any number of devices.
/// </summary>
public sealed record ChannelDocument
{
    /// <summary>Format version, 1.</summary>
    public required int Schema { get; init; }

    /// <summary>Channel name; must equal the name it was fetched under.</summary>
    public required ChannelName Channel { get; init; }

    /// <summary>Grows by one with every change; a device refuses a lower one (rollback attack).</summary>
    public required long Version { get; init; }

    /// <summary>When it was signed.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>After this a device installs nothing new from it; what runs keeps running.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>What devices outside the candidate's open rings run; null when nothing was released yet.</summary>
    public ReleaseRef? Stable { get; init; }

    /// <summary>The release being rolled out, or null.</summary>
    public RolloutOffer? Candidate { get; init; }

    /// <summary>Index digests of releases that no device may run; a device on one goes back.</summary>
    public required IReadOnlyList<Digest> Withdrawn { get; init; }

    /// <summary>W3C trace context of the run that made the candidate, for the device's reports.</summary>
    public string? Traceparent { get; init; }

    /// <summary>DSSE payload type of the signed form.</summary>
    public const string PayloadType = "application/vnd.slmops.channel.v1+json";

    /// <summary>The format version this code reads and writes.</summary>
    public const int CurrentSchema = 1;

    /// <summary>Releases that devices with processors of one class may not run, while all others may.</summary>
    public IReadOnlyList<ClassWithdrawal> WithdrawnFrom { get; init => field = value ?? []; } = [];

    /// <summary>Adaptations that devices lay over what they run: of those that match a device, the first that it has not condemned.</summary>
    public IReadOnlyList<ChannelOverlay> Overlays { get; init => field = value ?? []; } = [];
}

/// <summary>A release on its way through the rings.</summary>
/// <param name="RolloutId">Rollout id.</param>
/// <param name="Release">What to run.</param>
/// <param name="Salt">Salt of <see cref="RingMembership.Unit"/>; new for each rollout, so no device is always first.</param>
/// <param name="OpenRings">The rings that are open now, in order.</param>
/// <param name="SoakSeconds">How long an activated release must stay healthy before a device commits it.</param>
public sealed record RolloutOffer(
    string RolloutId, ReleaseRef Release, string Salt, IReadOnlyList<Ring> OpenRings, int SoakSeconds)
{
    /// <summary>True while the rollout is paused: a device that has not activated the release stays where it is.</summary>
    public bool Hold { get; init; }

    /// <summary>
    /// A device that has activated the release and says nothing for so many seconds counts as failed, so it says something at
    /// least every third of them; 0 from a service that does not say.
    /// </summary>
    public int DeadlineSeconds { get; init; }
}

/// <summary>A release that was withdrawn from one class of processors.</summary>
/// <param name="Release">Index digest of the release.</param>
/// <param name="ProcessorClass">One of <see cref="Contracts.ProcessorClass"/>.</param>
/// <param name="Instead">What devices of the class run where the others run it as the stable release; null for nothing.</param>
public sealed record ClassWithdrawal(Digest Release, string ProcessorClass, ReleaseRef? Instead);

/// <summary>One ring of a rollout.</summary>
/// <param name="Name">Ring name.</param>
/// <param name="Fraction">Share of the devices that the selector matches, 0 to 1; cumulative over rings.</param>
/// <param name="Selector">Labels that a device must have, all of them; empty matches every device.</param>
public sealed record Ring(string Name, double Fraction, IReadOnlyDictionary<string, string> Selector);
