using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Run;
using SlmOps.EdgeAgent.State;

namespace SlmOps.Simulation.Tests.World;

/// <summary>
/// An agent: its real plans, its real table of states and its real journal, with effects that are told instead of done. Each call
/// of <see cref="Step"/> is one persisted step, so a kill between two calls is a kill at any of them.
/// </summary>
internal sealed partial class SimAgent
{
    private static readonly Dictionary<string, string> NoLabels = [];
    private static readonly Hardware Board = new(1 << 30, new Version(1, 31, 1), new HashSet<string>());
    private static readonly MiddleRandom Jitter = new();
    private readonly SimService _service;
    private readonly IReadOnlyDictionary<Digest, SimRelease> _releases;
    private readonly Queue<AgentAction> _rest = [];
    private int _lives;
    private int _killedTests;
    private int _falls;
    private DateTimeOffset _startedAt;

    internal SimAgent(string id, SimService service, IReadOnlyDictionary<Digest, SimRelease> releases, SimRelease first)
    {
        (Id, _service, _releases) = (id, service, releases);
        ProcessorClass = id[^1] % 2 == 0 ? Contracts.ProcessorClass.Arm64 : Contracts.ProcessorClass.X64V3;
        Forget(0);
        State = State with
        {
            Active = Slot.A,
            A = new(first.Ref, first.Variant, Committed: true) { Sequence = 1, Proven = true },
            Known = [new(first.Ref, [first.Variant])],
        };
    }

    /// <summary>The same agent in another world.</summary>
    internal SimAgent(SimAgent other, SimService service)
    {
        (Id, _service, _releases, ProcessorClass) = (other.Id, service, other._releases, other.ProcessorClass);
        (State, Document, Outbox, _rest) = (other.State, other.Document, [.. other.Outbox], new(other._rest));
        (IsOn, IsDead, IsAsleep, HasNetwork, HasRoom) = (other.IsOn, other.IsDead, other.IsAsleep, other.HasNetwork, other.HasRoom);
        (ClockAhead, DownloadSteps, _lives, _killedTests) = (other.ClockAhead, other.DownloadSteps, other._lives, other._killedTests);
        (KillsNextTest, _falls, _startedAt) = (other.KillsNextTest, other._falls, other._startedAt);
    }

    internal DeviceId Id { get; }

    /// <summary>Every second device is of another class.</summary>
    internal string ProcessorClass { get; }

    internal AgentState State { get; private set; } = null!;

    internal ChannelDocument? Document { get; private set; }

    /// <summary>What the service has not confirmed.</summary>
    internal List<DeviceReport> Outbox { get; } = [];

    internal bool IsOn { get; private set; } = true;

    /// <summary>A device that its model killed stays off.</summary>
    internal bool IsDead { get; private set; }

    /// <summary>Suspended: it does nothing, and goes on where it was.</summary>
    internal bool IsAsleep { get; set; }

    /// <summary>Something else on the device kills the next smoke test; twice at most, for the third time in a row is the model's doing.</summary>
    internal bool KillsNextTest { get; set; }

    internal bool HasNetwork { get; set; } = true;

    internal bool HasRoom { get; set; } = true;

    internal TimeSpan ClockAhead { get; set; }

    /// <summary>Steps that a download takes: a slow line takes many.</summary>
    internal int DownloadSteps { get; set; } = 1;

    /// <summary>What it does is on: not off, not suspended.</summary>
    internal bool IsAwake => IsOn && !IsAsleep;

    /// <summary>All that a later step depends on, for telling worlds apart.</summary>
    internal object Inner => new object?[]
    {
        State, Document?.Version, Outbox, IsOn, IsDead, IsAsleep, HasNetwork, HasRoom, ClockAhead, DownloadSteps, KillsNextTest, _lives,
        _killedTests, _startedAt, _falls, _rest.Select(action => action.GetType().Name),
    };

    private bool IsOnline => HasNetwork && _service.IsUp;

    /// <summary>Another folder: a new life that runs nothing.</summary>
    internal void Forget(long seq)
    {
        State = AgentState.Fresh(seq);
        Document = null;
        Outbox.Clear();
        _rest.Clear();
        _lives++;
    }

    internal void TurnOff() => IsOn = false;

    /// <summary>Power on, or a restart: what is not in the journal is gone.</summary>
    internal void Restart(DateTimeOffset now)
    {
        if (IsDead)
        {
            return;
        }

        if (!State.StoppedCleanly && State.Deployment?.State is DeviceState.SmokeTesting or DeviceState.Activating or DeviceState.Soaking)
        {
            _falls++;
        }

        (IsOn, IsAsleep) = (true, false);
        _startedAt = now;
        _rest.Clear();
        State = Recovery.OnStart(State, now + ClockAhead);
        Say(State.Deployment, now, everything: true);
    }

    /// <summary>Told to stop, and started again.</summary>
    internal void RestartCleanly(DateTimeOffset now)
    {
        if (IsAwake && State.Deployment is { } open && !LifecycleTable.IsFinal(open.State))
        {
            State = State with { StoppedCleanly = true };
        }

        Restart(now);
    }

    /// <summary>A heartbeat: where it stands, once more.</summary>
    internal void Beat(DateTimeOffset now)
    {
        if (IsAwake)
        {
            Say(State.Deployment, now, everything: true);
        }
    }

    /// <summary>One step of its plan, or a look at the channel.</summary>
    internal void Step(DateTimeOffset now)
    {
        if (!IsAwake)
        {
            return;
        }

        var local = now + ClockAhead;
        if (IsOnline && _service.Document.Version > (Document?.Version ?? 0))
        {
            Follow(_service.Document);
        }

        State = State.Prove(Document?.Stable);
        State = now - _startedAt >= Deployment.RestartWindow ? Recovery.OnSteady(State) : State;

        // The plan is made anew before each step; what is left of it holds only as long as it says the same.
        var plan = DevicePlanner.Plan(Document, Observed(), local);
        if (plan is not Plan.Steps steps)
        {
            _rest.Clear();
            var nothing = (Plan.Nothing)plan;
            Hold(Holds.Of(nothing, Document, Observed(), null, local), now);
            Story.Require(
                State.Hold is not null || nothing.Because is not (Because.ChannelExpired or Because.Condemned),
                $"{Id} does nothing ({nothing}) and does not say why");
            return;
        }

        if (_rest.Count == 0 || !steps.Actions.Contains(_rest.Peek()))
        {
            _rest.Clear();
            foreach (var action in steps.Actions)
            {
                _rest.Enqueue(action);
            }
        }

        if (Do(_rest.Peek(), now, local))
        {
            _rest.TryDequeue(out _);
        }

        Story.Require(
            _falls >= Deployment.MaxFalls || State.Condemned.All(one => _releases[one.Release].Quality != Quality.Good),
            $"{Id} condemns a good release, and fell {_falls} times with it");
    }

    private void Follow(ChannelDocument document)
    {
        Document = document;
        State = State with
        {
            ClockFloor = document.IssuedAt > State.ClockFloor ? document.IssuedAt : State.ClockFloor,
            Channels = new Dictionary<ChannelName, long> { [document.Channel] = document.Version },
        };
    }

    private Observed Observed() => new(Id, NoLabels, Board, Preference.Balanced, State) { ProcessorClass = ProcessorClass };

    private void Hold(Holding? hold, DateTimeOffset now)
    {
        if (hold is null ? State.Hold is not null : !hold.IsSame(State.Hold))
        {
            State = State with { Hold = hold };
            Say(null, now);
        }
    }

    private void Move(
        DeviceEvent happened, DateTimeOffset now, Func<Deployment, Deployment>? change = null, Func<AgentState, AgentState>? also = null)
    {
        var before = Open;
        var moved = before with { State = LifecycleTable.Next(before.State, happened), From = before.State };
        State = State with { Deployment = change?.Invoke(moved) ?? moved, Hold = null };
        State = also?.Invoke(State) ?? State;
        Say(Open, now);
    }

    private void Say(Deployment? deployment, DateTimeOffset now, bool everything = false)
    {
        var seq = State.LastSeq + 1;
        State = State with { LastSeq = seq };
        Outbox.Add(new(
            DeviceReport.CurrentSchema, Id, seq, now + ClockAhead, "phi",
            everything ? new("1.0.0", "1.31.1", "linux", "", 1, 1 << 30, [], NoLabels) { ProcessorClass = ProcessorClass } : null,
            deployment is null ? null : StatusReport.Of(deployment, State.ActiveContent, deployment.BytesFetched),
            null)
        {
            Instance = $"{Id}-{_lives}",
            Hold = State.Hold is { } hold ? new(hold.Code, hold.Reason) : null,
        });
    }

    /// <summary>Waits that are the same in every run, whatever was drawn before.</summary>
    private sealed class MiddleRandom : Random
    {
        public override double NextDouble() => 0.5;
    }
}
