using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.EdgeAgent.Planning;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Presence;
using SlmOps.Pipeline.Repository;
using SlmOps.Pipeline.Rollout;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Simulation.Tests.World;

/// <summary>How fast a world goes, and the share of the fleet that its rings take.</summary>
/// <param name="Deadline">Of its rollouts.</param>
/// <param name="Soak">Of its rollouts.</param>
/// <param name="Interval">Of the service's timer.</param>
/// <param name="Rings">Share of each ring.</param>
internal sealed record Pace(TimeSpan Deadline, TimeSpan Soak, TimeSpan Interval, IReadOnlyList<double> Rings)
{
    internal static Pace Quick(bool canary) =>
        new(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(2), canary ? [0.34, 1] : [1]);
}

/// <summary>The service: its real decisions over records in memory.</summary>
internal sealed class SimService
{
    private static readonly Dictionary<string, string> Everyone = [];

    private readonly Dictionary<string, RolloutRecord> _rollouts = [];
    private readonly Dictionary<DeviceId, DeviceRecord> _fleet = [];
    private readonly Dictionary<(string Type, string Rollout, string Occurrence), string> _facts = [];
    private readonly Pace _pace;
    private readonly HashSet<Digest> _stable = [];
    private ServicePresence _presence = ServicePresence.Never;
    private RepositoryState _listed = RepositoryState.Empty;

    internal SimService(SimRelease first, DateTimeOffset now, Pace pace)
    {
        _pace = pace;
        Channel = new("phi", 1, first.Ref, null, [], now);
        Tick(now);
        Publish();
    }

    /// <summary>The same service in another world.</summary>
    internal SimService(SimService other)
    {
        (_rollouts, _fleet, _facts) = (new(other._rollouts), new(other._fleet), new(other._facts));
        _stable = [.. other._stable];
        (_pace, _presence, _listed) = (other._pace, other._presence, other._listed);
        (Channel, Document, IsUp, Taken) = (other.Channel, other.Document, other.IsUp, [.. other.Taken]);
    }

    internal ChannelRecord Channel { get; private set; }

    internal ChannelDocument Document { get; private set; } = null!;

    internal bool IsUp { get; set; } = true;

    internal IReadOnlyDictionary<string, RolloutRecord> Rollouts => _rollouts;

    internal IReadOnlyCollection<DeviceRecord> Fleet => _fleet.Values;

    /// <summary>Steps that were taken, to be looked at by the world after each of its own.</summary>
    internal List<RolloutStep> Taken { get; } = [];

    /// <summary>All that a later step depends on, for telling worlds apart.</summary>
    internal object Inner => new { Channel, Rollouts = _rollouts.Values, Fleet = _fleet.Values, _presence, Facts = _facts.Count, IsUp };

    internal RolloutRecord? Current => Channel.LatestRollout is { } id ? _rollouts.GetValueOrDefault(id) : null;

    /// <summary>True when the release once was what the channel stands on.</summary>
    internal bool WasStable(ReleaseRef release) => _stable.Contains(release.Digest);

    /// <summary>True when devices of a class are to run it, or to try it.</summary>
    internal bool IsWanted(ReleaseRef release, string processorClass) =>
        ClassView.Of(Document, processorClass)!.Stable == release || Current?.Release == release;

    internal ReleaseTarget Listed(ReleaseRef release) => _listed.Find(release.Model, release.Version)!;

    internal void Tick(DateTimeOffset now)
    {
        if (IsUp)
        {
            _presence = _presence.Tick(now, _pace.Interval);
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
            Rings =
            [
                .. _pace.Rings.Select((share, number) =>
                    new RingRecord(new($"ring-{number + 1}", share, Everyone), RingState.Scheduled, null, null)
                    {
                        Share = share,
                        ErrorThreshold = (number == 0 ? RingThresholds.One : RingThresholds.Few).Errors,
                        SilenceThreshold = (number == 0 ? RingThresholds.One : RingThresholds.Few).Silence,
                    }),
            ],
            SoakSeconds = (int)_pace.Soak.TotalSeconds,
            DeadlineSeconds = (int)_pace.Deadline.TotalSeconds,
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

    /// <summary>A person opens the next ring without a verdict on this one.</summary>
    internal void Skip(DateTimeOffset now)
    {
        if (IsUp && Current is { State: RolloutState.Paused } rollout
            && RolloutEngine.Skip(rollout, Channel, [.. _fleet.Values], "by hand", new(now, _presence, _pace.Interval)) is { } step)
        {
            Apply(step);
            Advance(now);
        }
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
        var after = DeviceFold.Apply(DeviceFold.CameBack(before, QuietOf(before, now), now), report, now);
        _fleet[report.DeviceId] = after;
        Advance(now);
        return after.LastSeq;
    }

    private TimeSpan QuietOf(DeviceRecord device, DateTimeOffset now) =>
        device.LastSeen == default ? TimeSpan.Zero : new ServiceClock(now, _presence, _pace.Interval).Elapsed(device.LastSeen);

    private void Advance(DateTimeOffset now)
    {
        for (var steps = 0; Current is { } rollout; steps++)
        {
            if (RolloutEngine.Next(rollout, Channel, [.. _fleet.Values], new(now, _presence, _pace.Interval)) is not { } step)
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
        if (Channel.Stable is { } stable)
        {
            _stable.Add(stable.Digest);
        }
    }
}
