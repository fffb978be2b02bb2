using SlmOps.Contracts;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.State;

/// <summary>Everything the agent must know after the power was cut: the journal, one small file.</summary>
/// <param name="Schema">Format version, <see cref="CurrentSchema"/>.</param>
/// <param name="LastSeq">Number of the last report made.</param>
internal sealed record AgentState(int Schema, long LastSeq)
{
    /// <summary>Highest verified document version of each channel: a lower one is refused.</summary>
    public IReadOnlyDictionary<ChannelName, long> Channels { get; init => field = value ?? NoChannels; } = NoChannels;

    /// <summary>Latest issue time of a verified document: the time is at least this.</summary>
    public DateTimeOffset ClockFloor { get; init; }

    /// <summary>The slot in charge, or null while the device runs nothing.</summary>
    public Slot? Active { get; init; }

    /// <summary>What slot A holds.</summary>
    public SlotContent? A { get; init; }

    /// <summary>What slot B holds.</summary>
    public SlotContent? B { get; init; }

    /// <summary>The deployment under way or the last one.</summary>
    public Deployment? Deployment { get; init; }

    /// <summary>Releases whose signature and index were checked, newest first.</summary>
    public IReadOnlyList<KnownRelease> Known { get; init => field = value ?? []; } = [];

    /// <summary>What failed here, newest first.</summary>
    public IReadOnlyList<CondemnedRelease> Condemned { get; init => field = value ?? []; } = [];

    /// <summary>The last report; after a power cut it is put in the outbox unless it is there.</summary>
    public DeviceReport? Unqueued { get; init; }

    internal const int CurrentSchema = 1;

    private static readonly IReadOnlyDictionary<ChannelName, long> NoChannels = new Dictionary<ChannelName, long>();

    /// <summary>How low this device may go, by model; null in files from before there were floors.</summary>
    public IReadOnlyDictionary<ModelName, ReleaseFloor>? Floors { get; init; }

    /// <summary>Compositions that failed here, newest first.</summary>
    public IReadOnlyList<CondemnedComposition> CondemnedCompositions { get; init => field = value ?? []; } = [];

    /// <summary>True when the agent was told to stop and did; false while it runs, and after everything else that ended it.</summary>
    public bool StoppedCleanly { get; init; }

    /// <summary>Agent, runtime and system under which the condemned failed; null in files from before this was kept.</summary>
    public string? Surroundings { get; init; }

    /// <summary>Why the device does nothing about what its channel asks for, as it was said last; null when it does.</summary>
    public Holding? Hold { get; init; }

    /// <summary>Which variant was chosen last and why, for the service; null before that.</summary>
    public DeviceChoice? Choice { get; init; }

    /// <summary>More than two matter at once (stable and candidate), the rest saves a fetch when one comes back.</summary>
    internal const int MaxKnown = 4;

    /// <summary>Oldest first out: a release that old is no longer offered.</summary>
    internal const int MaxCondemned = 256;

    internal SlotContent? this[Slot slot] => slot == Slot.A ? A : B;

    internal SlotContent? ActiveContent => Active is { } slot ? this[slot] : null;

    /// <summary>The slot that a new model goes into.</summary>
    internal Slot Inactive => Active == Slot.A ? Slot.B : Slot.A;

    /// <summary>The committed model before the active one, if that may be put in charge again; or null.</summary>
    internal SlotContent? WayBack => ActiveContent is { } active && this[Inactive] is { Committed: true } content
        && IsWayBack(content, active.Release) && RefuseFallback(content) is null ? content : null;

    /// <summary>
    /// True when a slot holds what was stable, or the same release as the one that is left: a candidate that was superseded before
    /// it passed is nothing to go back to.
    /// </summary>
    internal static bool IsWayBack(SlotContent content, ReleaseRef from) =>
        content.Committed && (content.Proven != false || content.Release.Digest == from.Digest);

    /// <summary>Knows of what the slots hold that it became stable.</summary>
    internal AgentState Prove(ReleaseRef? stable)
    {
        SlotContent? Proved(SlotContent? content) =>
            content is { Proven: not true } && content.Release.Digest == stable?.Digest ? content with { Proven = true } : content;
        var (a, b) = (Proved(A), Proved(B));
        return ReferenceEquals(a, A) && ReferenceEquals(b, B) ? this : this with { A = a, B = b };
    }

    internal ReleaseFloor FloorOf(ModelName model) => Floors?.GetValueOrDefault(model) ?? ReleaseFloor.None;

    /// <summary>Why a slot may not be fallen back to, or null.</summary>
    internal string? RefuseFallback(SlotContent content) => FloorOf(content.Release.Model).RefuseFallback(content.Sequence);

    internal AgentState WithFloor(ModelName model, ReleaseFloor floor) => this with
    {
        Floors = new Dictionary<ModelName, ReleaseFloor>(Floors ?? new Dictionary<ModelName, ReleaseFloor>()) { [model] = floor },
    };

    /// <summary>
    /// Takes over what the metadata lists about the models that this device has to do with: floors only rise, and a
    /// release that was listed anew, because devices are to go back to it, has its new sequence in the slots too.
    /// </summary>
    internal AgentState Learn(IReadOnlyList<ReleaseTarget> listed)
    {
        var models = new[] { A?.Release.Model, B?.Release.Model, Deployment?.Release.Model }.OfType<ModelName>().ToHashSet();
        var state = this;
        foreach (var target in listed.Where(target => models.Contains(target.Release.Model)))
        {
            state = state.WithFloor(target.Release.Model, state.FloorOf(target.Release.Model).Raise(target));
        }

        return state with
        {
            A = Renumbered(A, listed),
            B = Renumbered(B, listed),
            Known =
            [
                .. Known.Select(known =>
                    known with
                    {
                        Listed = listed.FirstOrDefault(target => target.Release == known.Release) ?? known.Listed,
                    }
                ),
            ],
        };
    }

    private static SlotContent? Renumbered(SlotContent? content, IReadOnlyList<ReleaseTarget> listed) =>
        content is not null && listed.FirstOrDefault(target => target.Release.Digest == content.Release.Digest) is { } target
        && target.Sequence > content.Sequence
            ? content with { Sequence = target.Sequence }
            : content;

    internal AgentState With(Slot slot, SlotContent? content) => slot == Slot.A ? this with { A = content } : this with { B = content };

    internal AgentState Remember(KnownRelease release) => this with
    {
        Known = [release, .. Known.Where(one => one.Release.Digest != release.Release.Digest).Take(MaxKnown - 1)],
    };

    internal AgentState Condemn(CondemnedRelease release) =>
        this with
        {
            Condemned =
            [
                release,
                .. Condemned.Where(one => one.Release != release.Release || one.Manifest != release.Manifest).Take(MaxCondemned - 1),
            ],
        };

    /// <summary>Condemns what a deployment brought: what was laid over the variant, or the release where nothing was.</summary>
    internal AgentState Condemn(Deployment deployment, string code, DateTimeOffset at) =>
        deployment.Adaptation is { } adaptation
            ? this with
            {
                CondemnedCompositions =
                [
                    new(adaptation.Composition, adaptation.Local, code, at),
                    .. CondemnedCompositions
                        .Where(one => one.Composition != adaptation.Composition || one.Local != adaptation.Local)
                        .Take(MaxCondemned - 1),
                ],
            }
            : Condemn(
                new(deployment.Release.Digest, deployment.Variant?.Manifest ?? default, code, at)
                {
                    Model = deployment.Release.Model,
                    Version = deployment.Release.Version,
                });

    /// <param name="firstSeq">
    /// Reports start after this, which must be higher than any number the device used in a life before: the service
    /// drops what it believes to be a repetition.
    /// </param>
    internal static AgentState Fresh(long firstSeq) =>
        new(CurrentSchema, firstSeq);
}
