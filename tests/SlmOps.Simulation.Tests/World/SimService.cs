using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Presence;
using SlmOps.Pipeline.Repository;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Simulation.Tests.World;

/// <summary>The service: its real decisions over records in memory.</summary>
internal sealed class SimService
{
    internal const int DeadlineSeconds = 60;
    internal const int SoakSeconds = 20;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly Dictionary<string, string> Everyone = [];

    private readonly Dictionary<string, RolloutRecord> _rollouts = [];
    private readonly Dictionary<DeviceId, DeviceRecord> _fleet = [];
    private readonly Dictionary<(string Type, string Rollout, string Occurrence), string> _facts = [];
    private readonly Ring[] _rings;
    private ServicePresence _presence = ServicePresence.Never;
    private RepositoryState _listed = RepositoryState.Empty;

    internal SimService(SimRelease first, DateTimeOffset now, bool canary)
    {
        _rings = canary ? [new("canary", 0.34, Everyone), new("all", 1, Everyone)] : [new("all", 1, Everyone)];
        Channel = new("phi", 1, first.Ref, null, [], now);
        Tick(now);
        Publish();
    }

    internal ChannelRecord Channel { get; private set; }

    internal ChannelDocument Document { get; private set; } = null!;

    internal bool IsUp { get; set; } = true;

    internal IReadOnlyDictionary<string, RolloutRecord> Rollouts => _rollouts;

    internal IReadOnlyCollection<DeviceRecord> Fleet => _fleet.Values;

    /// <summary>Steps that were taken, to be looked at by the world after each of its own.</summary>
    internal List<RolloutStep> Taken { get; } = [];

    internal RolloutRecord? Current => Channel.LatestRollout is { } id ? _rollouts.GetValueOrDefault(id) : null;

    internal ReleaseTarget Listed(ReleaseRef release) => _listed.Find(release.Model, release.Version)!;

    internal void Tick(DateTimeOffset now)
    {
        if (IsUp)
        {
            _presence = _presence.Tick(now, Interval);
            Advance(now);
        }
    }

    internal void Start(SimRelease release, DateTimeOffset now)
    {
        var count = _rollouts.Values.Count(rollout => rollout.Release.Digest == release.Ref.Digest);
        var rollout = new RolloutRecord
        {
            Id = count == 0 ? $"phi@{release.Ref.Version}" : $"phi@{release.Ref.Version}~{count + 1}",
            Channel = "phi",
            Release = release.Ref,
            Manifests = [release.Variant.Manifest],
            Previous = Channel.Stable,
            PreviousRollout = Channel.StableRollout,
            Salt = $"salt {release.Ref.Version} {count}",
            State = RolloutState.Ready,
            CurrentRing = 0,
            Rings = [.. _rings.Select(ring => new RingRecord(ring, RingState.Scheduled, null, null) { Share = ring.Fraction })],
            SoakSeconds = SoakSeconds,
            DeadlineSeconds = DeadlineSeconds,
            CreatedAt = now,
        };
        var (superseded, channel) = RolloutCommands.Begin(Channel.Next(now), Current, rollout, now);
        if (superseded is not null)
        {
            _rollouts[superseded.Id] = superseded;
        }

        _rollouts[rollout.Id] = rollout;
        Channel = channel;
        Publish();
        Advance(now);
    }

    internal void Command(RolloutMove move, DateTimeOffset now)
    {
        if (!IsUp || Current is not { } rollout || RolloutTable.Next(rollout.State, move) is null)
        {
            return;
        }

        Apply(move switch
        {
            RolloutMove.Pause => RolloutCommands.Pause(rollout, Channel, move, "Manual", "by hand", now),
            RolloutMove.Resume => RolloutCommands.Resume(rollout, Channel, now),
            _ => RolloutCommands.Withdraw(rollout, Channel, RolloutMove.RollBack, "Manual", "by hand", now),
        });
        Advance(now);
    }

    /// <summary>Takes a report; the highest number known of that life is the answer, or null when nobody listens.</summary>
    internal long? Receive(DeviceReport report, DateTimeOffset now)
    {
        if (!IsUp)
        {
            return null;
        }

        var before = _fleet.GetValueOrDefault(report.DeviceId)
            ?? new(report.DeviceId, report.Channel, null, null, null, 0, default);
        var after = DeviceFold.Apply(before, report, now);
        _fleet[report.DeviceId] = after;
        Advance(now);
        return after.LastSeq;
    }

    private void Advance(DateTimeOffset now)
    {
        for (var steps = 0; Current is { } rollout; steps++)
        {
            if (RolloutEngine.Next(rollout, Channel, [.. _fleet.Values], new(now, _presence, Interval)) is not { } step)
            {
                return;
            }

            Story.Require(steps < 20, "the rollout takes step after step without an end");
            Apply(step);
        }
    }

    private void Apply(RolloutStep step)
    {
        Channel = step.Channel;
        _rollouts[step.Rollout.Id] = step.Rollout;
        foreach (var fact in step.Facts)
        {
            var said = fact.Data.ToString()!;
            Story.Require(
                _facts.TryAdd((fact.Type, step.Rollout.Id, fact.Occurrence), said), $"{fact.Type} {fact.Occurrence} was said twice");
        }

        Taken.Add(step);
        Publish();
    }

    private void Publish()
    {
        _listed = _listed.Arrange(ReleaseOrder.Of(Channel, [.. _rollouts.Values]));
        Document = ChannelView.Of(Channel, Current, TimeSpan.FromDays(7));
    }
}
