using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Presence;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Pipeline.Tests.Rollout;

/// <summary>
/// A whole rollout, played: devices read the channel as an agent does and report; the engine steps until nothing is due, as
/// the stage does. What must hold after any step is checked after every step.
/// </summary>
internal sealed class RolloutPlay
{
    private readonly Dictionary<string, DeviceRecord> _devices = [];
    private readonly HashSet<string> _offline = [];
    private readonly List<RolloutFact> _facts = [];

    internal RolloutPlay(RolloutRecord rollout, params string[] devices)
    {
        Rollout = rollout;
        foreach (var id in devices)
        {
            Join(id);
        }
    }

    internal RolloutRecord Rollout { get; set; }

    internal ChannelRecord Channel { get; set; } = SampleFleet.Channel();

    internal DateTimeOffset Now { get; private set; } = SampleFleet.Start;

    /// <summary>When the service was there.</summary>
    internal ServicePresence Presence { get; set; } = ServicePresence.Never;

    internal IReadOnlyList<DeviceRecord> Fleet => [.. _devices.Values];

    internal ServiceClock Clock => new(Now, Presence, TimeSpan.FromSeconds(2));

    /// <summary>What was published, in order, such as <c>ring-started 0</c>.</summary>
    internal IEnumerable<string> Facts => _facts.Select(fact => $"{fact.Type.Split('.')[2]} {fact.Occurrence}".TrimEnd());

    internal T Fact<T>() => _facts.Select(fact => fact.Data).OfType<T>().Last();

    /// <summary>Devices that the channel lets take the release now, in order of their number.</summary>
    internal IEnumerable<string> Offered => Channel.Candidate == Rollout.Id
        ? _devices.Values
            .Where(device => RingMembership.Find(Rollout.OpenRings, Rollout.Salt, device.Id, device.Labels) >= 0)
            .Select(device => device.Id.ToString())
            .OrderBy(id => int.Parse(id[1..], System.Globalization.CultureInfo.InvariantCulture))
        : [];

    internal RolloutPlay Join(string id, params (string Key, string Value)[] labels)
    {
        _devices[id] = SampleFleet.Device(id) with { Inventory = SampleFleet.Inventory(labels), FirstSeen = Now, LastSeen = Now };
        return this;
    }

    /// <summary>It said nothing for so long before, and came back.</summary>
    internal RolloutPlay Sleeper(string id, TimeSpan quiet)
    {
        _devices[id] = DeviceFold.CameBack(_devices[id], quiet, Now);
        return this;
    }

    /// <summary>Two agents report under its id.</summary>
    internal RolloutPlay Conflict(string id)
    {
        _devices[id] = _devices[id] with { ConflictAt = Now };
        return this;
    }

    internal RolloutPlay Leave(string id)
    {
        _devices.Remove(id);
        return this;
    }

    internal RolloutPlay Offline(params string[] ids)
    {
        _offline.UnionWith(ids);
        return this;
    }

    internal RolloutPlay Online(params string[] ids)
    {
        _offline.ExceptWith(ids);
        return Wait(TimeSpan.Zero);
    }

    /// <summary>Time passes; devices that are online say that they are there.</summary>
    internal RolloutPlay Wait(TimeSpan time)
    {
        Now += time;
        foreach (var id in _devices.Keys.Except(_offline).ToList())
        {
            _devices[id] = _devices[id] with { LastSeen = Now };
        }

        return this;
    }

    internal RolloutPlay Commit(params string[] ids) => Report(DeviceState.Committed, null, SampleFleet.Manifest, ids);

    internal RolloutPlay Soak(params string[] ids) => Report(DeviceState.Soaking, null, SampleFleet.Manifest, ids);

    internal RolloutPlay Fail(params string[] ids) =>
        Report(DeviceState.FailedRollbackComplete, "smoke-mismatch", SampleFleet.PreviousManifest, ids);

    internal RolloutPlay Download(params string[] ids) => Report(DeviceState.Downloading, null, SampleFleet.PreviousManifest, ids);

    internal RolloutPlay Unfit(params string[] ids) => Report(DeviceState.Rejected, "no-variant-fits", SampleFleet.PreviousManifest, ids);

    /// <summary>A device that ran the release runs the one before again.</summary>
    internal RolloutPlay GoBack(params string[] ids)
    {
        foreach (var id in ids)
        {
            Assert.Empty(Offered);
            var device = _devices[id];
            _devices[id] = device with
            {
                Deployment = device.Deployment! with { Release = SampleFleet.Previous.Digest, Active = SampleFleet.PreviousManifest },
            };
        }

        return this;
    }

    /// <summary>Every step that is due now.</summary>
    internal RolloutPlay Advance()
    {
        for (var steps = 0; RolloutEngine.Next(Rollout, Channel, [.. _devices.Values], Clock) is { } step; steps++)
        {
            Assert.InRange(steps, 0, 20);
            Apply(step);
        }

        return this;
    }

    internal RolloutPlay Apply(RolloutStep step)
    {
        Assert.Equal(Channel.Version + 1, step.Channel.Version);
        Assert.Equal(Now, step.Channel.IssuedAt);
        var open = Offered.ToHashSet();
        (Rollout, Channel) = (step.Rollout, step.Channel);
        _facts.AddRange(step.Facts);
        Assert.Distinct(_facts.Select(fact => (fact.Type, fact.Occurrence)));

        // A device is never shut out while the rollout goes on.
        if (Rollout.State is RolloutState.Running or RolloutState.Paused)
        {
            Assert.Superset(open, Offered.ToHashSet());
        }

        return this;
    }

    private RolloutPlay Report(DeviceState state, string? code, Digest active, string[] ids)
    {
        foreach (var id in ids)
        {
            Assert.Contains(id, Offered);
            _devices[id] = SampleFleet.Device(id, state, code, active) with
            {
                Inventory = _devices[id].Inventory,
                FirstSeen = _devices[id].FirstSeen,
                Quiet = _devices[id].Quiet,
                LastSeen = Now,
                WordAt = Now,
                ProgressAt = Now,
            };
        }

        return this;
    }
}
