using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Simulation.Tests.World;

/// <summary>What became of a fleet's rollout.</summary>
/// <param name="State">How the rollout ended, or stands.</param>
/// <param name="Reason">Why.</param>
/// <param name="Living">Devices that are still there.</param>
/// <param name="OnIt">Of these, how many run the new release.</param>
/// <param name="Hurt">Devices that had the new release in charge and lost it, failed with it, or were never heard of again.</param>
/// <param name="FirstRing">Places in the first ring.</param>
internal sealed record FleetEnd(RolloutState State, string? Reason, int Living, int OnIt, int Hurt, int FirstRing);

/// <summary>
/// Some days of an ordinary fleet, at the pace of real ones: machines that restart at night, that are suspended, that lie behind
/// thin lines, whose disks fill up, whose clocks are off, that are retired, and that are new.
/// </summary>
internal sealed class Fleet
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(30);
    private static readonly Pace Pace =
        new(TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(30), [0.1, 0.5, 1]);

    private readonly Random _random;
    private readonly SimRelease[] _releases;
    private readonly SimService _service;
    private readonly List<Life> _lives = [];
    private readonly Dictionary<Digest, SimRelease> _known;
    private DateTimeOffset _now = Start;
    private DateTimeOffset? _pausedAt;
    private bool _isCalm;

    internal Fleet(int devices, Quality quality, int seed)
    {
        _random = new(seed);
        _releases = [SimRelease.Of("1.0.0", Quality.Good), SimRelease.Of("2.0.0", quality)];
        _known = _releases.ToDictionary(release => release.Ref.Digest);
        _service = new(_releases[0], _now, Pace);
        for (var number = 0; number < devices; number++)
        {
            Join();
        }
    }

    /// <summary>Pauses that a person ended.</summary>
    internal int Pauses { get; private set; }

    internal FleetEnd Run(TimeSpan time)
    {
        // Some have been gone for days when the release comes.
        foreach (var life in _lives)
        {
            life.IsRetired = _random.NextDouble() < 0.05;
        }

        Pass(TimeSpan.FromDays(2));
        _service.Start(_releases[1], _now);
        Pass(time);

        // What is suspended wakes up, what is full is cleared: whoever lives has had the time to follow.
        _isCalm = true;
        Pass(TimeSpan.FromHours(20));
        return End();
    }

    private bool Happens(double probability) => !_isCalm && _random.NextDouble() < probability;

    private void Join()
    {
        var agent = new SimAgent($"d{_lives.Count + 1}", _service, _known, _releases[0]);
        _lives.Add(new(agent)
        {
            RestartAt = TimeSpan.FromMinutes(_random.Next(24 * 60)),
            BeatAt = _now,
            IsThin = _random.NextDouble() < 0.1,
            Restarts = _random.NextDouble() < 0.6,
            Sleeps = _random.NextDouble() < 0.3,
        });
        agent.ClockAhead = _random.NextDouble() < 0.1 ? TimeSpan.FromDays(_random.Next(-30, 5)) : TimeSpan.Zero;
        agent.DownloadSteps = _lives[^1].IsThin ? 200 : 1 + _random.Next(10);
    }

    private void Pass(TimeSpan time)
    {
        for (var until = _now + time; _now < until; _now += Step)
        {
            // The service is restarted for an update now and then, and its machine suspended.
            _service.IsUp = _service.IsUp ? !Happens(0.0003) : _random.NextDouble() < 0.02;
            if (Happens(0.0002))
            {
                Join();
            }

            LookAtPause();

            foreach (var life in _lives.Where(life => !life.IsRetired))
            {
                Live(life);
            }

            _service.Tick(_now);
            _service.Taken.Clear();
        }
    }

    /// <summary>A person comes by within the hour, reads whom a pause waits for, and says go on.</summary>
    private void LookAtPause()
    {
        _pausedAt = _service.Current is { State: RolloutState.Paused } ? _pausedAt ?? _now : null;
        if (_pausedAt is { } since && _now - since > TimeSpan.FromHours(1))
        {
            Pauses++;
            _pausedAt = null;
            _service.Command(RolloutMove.Resume, _now);
        }
    }

    private void Live(Life life)
    {
        var agent = life.Agent;
        var time = _now.TimeOfDay;
        if (life.Restarts && time >= life.RestartAt && time < life.RestartAt + Step)
        {
            if (_random.NextDouble() < 0.5)
            {
                agent.RestartCleanly(_now);
            }
            else
            {
                agent.Restart(_now);
            }
        }

        life.IsRetired |= Happens(0.000_01);
        agent.IsAsleep = agent.IsAsleep ? _random.NextDouble() > 0.0075 : life.Sleeps && Happens(0.0007);
        agent.HasNetwork = agent.HasNetwork ? !Happens(0.0005) : _random.NextDouble() < 0.02;
        agent.HasRoom = agent.HasRoom ? !Happens(0.0001) : _random.NextDouble() < 0.002;
        agent.KillsNextTest |= Happens(0.0002);
        agent.Step(_now);
        if (_now - life.BeatAt >= TimeSpan.FromMinutes(5))
        {
            life.BeatAt = _now;
            agent.Beat(_now);
        }

        if (agent is { IsAwake: true, HasNetwork: true } && _service.IsUp)
        {
            // An answer is lost sometimes, and all of it comes again.
            agent.Outbox.ForEach(report => _service.Receive(report, _now));
            if (_random.NextDouble() > 0.01)
            {
                agent.Outbox.Clear();
            }
        }

        life.Had |= agent.State.ActiveContent?.Release == _releases[1].Ref;
    }

    private FleetEnd End()
    {
        var rollout = _service.Rollouts.Values.Single();
        List<Life> living = [.. _lives.Where(life => !life.IsRetired && !life.Agent.IsDead)];
        bool RunsIt(Life life) => life.Agent.State.ActiveContent?.Release == _releases[1].Ref;
        return new(
            rollout.State, rollout.Reason, living.Count, living.Count(RunsIt),
            _lives.Count(life => (life.Had && !RunsIt(life)) || life.Agent.IsDead
                || life.Agent.State.Condemned.Any(one => one.Release == _releases[1].Ref.Digest)),
            (int)Math.Ceiling(Pace.Rings[0] * _lives.Count));
    }

    private sealed class Life(SimAgent agent)
    {
        internal SimAgent Agent { get; } = agent;

        internal TimeSpan RestartAt { get; init; }

        internal DateTimeOffset BeatAt { get; set; }

        internal bool IsThin { get; init; }

        internal bool Restarts { get; init; }

        internal bool IsRetired { get; set; }

        /// <summary>A notebook: it sleeps twice a day, for an hour or more.</summary>
        internal bool Sleeps { get; init; }

        /// <summary>It had the new release in charge once.</summary>
        internal bool Had { get; set; }
    }
}
