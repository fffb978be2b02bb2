using SlmOps.Contracts;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Pipeline.Repository;

/// <summary>
/// The releases that exist and the metadata that says so. Pure: each change gives a new state, and the same state when
/// there is nothing to change.
/// </summary>
internal sealed record RepositoryState(MetadataHead Head, IReadOnlyList<ReleaseTarget> Releases)
{
    /// <summary>Releases of one model that are listed: devices fetch the whole list, so it must not grow for ever.</summary>
    internal const int MaxOfModel = 100;

    /// <summary>Rows that fit one transaction beside the head.</summary>
    private const int MaxRemoved = 80;

    internal static RepositoryState Empty { get; } = new(MetadataHead.None, []);

    /// <summary>The list as it is signed: every release carries its model's security floor.</summary>
    internal IReadOnlyList<ReleaseTarget> Listed =>
        [.. Releases.Select(one => one with { SecurityFloor = Head.FloorOf(one.Release.Model) })];

    internal ReleaseTarget? Find(ModelName model, ModelVersion version) =>
        Releases.FirstOrDefault(one => one.Release.Model == model && one.Release.Version == version);

    /// <summary>
    /// Lists a release with the next sequence of its model. The first one of a version stays: a second signature over
    /// the same index is another release reference, and channel and list must name the same.
    /// </summary>
    /// <exception cref="InvalidDataException">When the version exists with other content.</exception>
    internal RepositoryState Add(ReleaseRef release, IReadOnlyList<DeltaOffer> deltas)
    {
        if (Find(release.Model, release.Version) is { } listed)
        {
            return listed.Release.Digest == release.Digest
                ? this
                : throw new InvalidDataException(
                    $"{release.Model} {release.Version} is listed as {listed.Release.Digest}, not as {release.Digest}.");
        }

        var grown = Releases.Append(new(release, Next(release.Model), 0, deltas)).ToList();
        var old = grown.Where(one => one.Release.Model == release.Model).OrderByDescending(one => one.Sequence).Skip(MaxOfModel);
        return this with { Releases = [.. grown.Except(old)] };
    }

    /// <summary>Lists some releases no more; the one with a model's highest sequence stays, because the next one is counted from it.</summary>
    internal RepositoryState Remove(IReadOnlySet<Digest> digests)
    {
        var highest = Releases.GroupBy(one => one.Release.Model).ToDictionary(model => model.Key, model => model.Max(one => one.Sequence));
        var gone = Releases
            .Where(one => digests.Contains(one.Release.Digest) && one.Sequence < highest[one.Release.Model])
            .Take(MaxRemoved)
            .ToList();
        return gone.Count == 0 ? this : this with { Releases = [.. Releases.Except(gone)] };
    }

    /// <summary>
    /// Puts the sequences in the order in which a channel wants its releases: what devices go back to comes after what
    /// they leave, and the candidate after both. Devices never install a lower sequence than one they committed.
    /// </summary>
    internal RepositoryState Arrange(ChannelOrder order)
    {
        var state = this;
        foreach (var release in new[] { order.Stable, order.Candidate }.OfType<ReleaseRef>())
        {
            state = state.Add(release, []);
        }

        if (order.Stable is { } stable)
        {
            state = state.Above(stable, order.Left);
        }

        return order.Candidate is { } candidate
            ? state.Above(candidate, order.Stable is { } below ? [.. order.Left, below] : order.Left)
            : state;
    }

    /// <summary>From now on devices run no release of the model that is older than this one; null when there is no such release.</summary>
    internal RepositoryState? RaiseFloor(ModelName model, ModelVersion version) => Find(model, version) is not { } target ? null
        : target.Sequence <= Head.FloorOf(model) ? this
        : this with { Head = Head with { Floors = new Dictionary<ModelName, long>(Head.Floors) { [model] = target.Sequence } } };

    /// <summary>New versions of all three files, for a list that changed.</summary>
    internal RepositoryState Issue(DateTimeOffset now, TufSchedule schedule, SigningKeyIds keys) => this with
    {
        Head = Renewed(now, schedule, keys) with { Targets = Head.Targets.Next(now + schedule.Targets), ReleaseKey = keys.Release },
    };

    /// <summary>
    /// New versions of what has less than half of its life left or was signed by a key that signs no more. A new
    /// timestamp always comes with a new snapshot.
    /// </summary>
    internal RepositoryState Renew(DateTimeOffset now, TufSchedule schedule, SigningKeyIds keys)
    {
        if (!Head.IsPublished)
        {
            return this;
        }

        return IsDue(Head.Targets, schedule.Targets) || Head.ReleaseKey != keys.Release ? Issue(now, schedule, keys)
            : IsDue(Head.Snapshot, schedule.Snapshot) || IsDue(Head.Timestamp, schedule.Timestamp) || Head.OnlineKey != keys.Online
                ? this with { Head = Renewed(now, schedule, keys) }
                : this;

        bool IsDue(Issue issue, TimeSpan life) => issue.Expires - now < life / 2;
    }

    private MetadataHead Renewed(DateTimeOffset now, TufSchedule schedule, SigningKeyIds keys) => Head with
    {
        Snapshot = Head.Snapshot.Next(now + schedule.Snapshot),
        Timestamp = Head.Timestamp.Next(now + schedule.Timestamp),
        OnlineKey = keys.Online,
    };

    /// <summary>Gives a release a new sequence unless it is above the others already, or below the security floor: that one is not crossed.</summary>
    private RepositoryState Above(ReleaseRef release, IReadOnlyList<ReleaseRef> others)
    {
        var target = Find(release.Model, release.Version)!;
        var highest = others.Where(one => one.Model == release.Model && one.Version != release.Version)
            .Select(one => Find(one.Model, one.Version)?.Sequence ?? 0).DefaultIfEmpty().Max();
        return target.Sequence > highest || target.Sequence < Head.FloorOf(release.Model)
            ? this
            : this with { Releases = [.. Releases.Select(one => one == target ? one with { Sequence = Next(release.Model) } : one)] };
    }

    private long Next(ModelName model) =>
        Releases.Where(one => one.Release.Model == model).Select(one => one.Sequence).DefaultIfEmpty().Max() + 1;
}

/// <summary>What a channel asks of its devices.</summary>
/// <param name="Stable">What passed last, or null.</param>
/// <param name="Candidate">What is on its way, or null.</param>
/// <param name="Left">What was on its way and is not wanted any more; some devices may run it.</param>
internal sealed record ChannelOrder(ReleaseRef? Stable, ReleaseRef? Candidate, IReadOnlyList<ReleaseRef> Left);
