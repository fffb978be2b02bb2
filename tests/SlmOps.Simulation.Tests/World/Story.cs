using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.EdgeAgent.Planning;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Simulation.Tests.World;

/// <summary>A world and what happens in it, one event after the other; what must always hold is looked at after each.</summary>
internal sealed partial class Story
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan OfflineAfter = TimeSpan.FromMinutes(15);
    private readonly Pace _pace;
    private readonly SimRelease[] _releases;
    private readonly SimService _service;
    private readonly SimAgent[] _devices;

    /// <summary>When each device was last heard of, in time that the service was there for.</summary>
    private readonly TimeSpan[] _heard;
    private readonly DateTimeOffset[] _beat;

    /// <summary>What some device committed at some time; it may have lost it since.</summary>
    private readonly HashSet<Digest> _committed = [];
    private DateTimeOffset _now = Start;
    private TimeSpan _listened;
    private int _offered = 1;

    internal Story(int devices, Quality quality, bool canary)
    {
        _releases = [SimRelease.Of("1.0.0", Quality.Good), SimRelease.Of("2.0.0", quality), SimRelease.Of("3.0.0", Quality.Good)];
        _pace = Pace.Quick(canary);
        _service = new(_releases[0], _now, _pace);
        var known = _releases.ToDictionary(release => release.Ref.Digest);
        _devices = [.. Enumerable.Range(1, devices).Select(number => new SimAgent($"d{number}", _service, known, _releases[0]))];
        _heard = new TimeSpan[devices];
        _beat = new DateTimeOffset[devices];
        for (var device = 0; device < devices; device++)
        {
            _devices[device].Beat(_now);
            Say(device);
        }

        Offer(1);
    }

    private Story(Story other)
    {
        (_pace, _releases, _service) = (other._pace, other._releases, new(other._service));
        _devices = [.. other._devices.Select(device => new SimAgent(device, _service))];
        (_heard, _beat, _committed) = ([.. other._heard], [.. other._beat], [.. other._committed]);
        (_now, _listened, _offered) = (other._now, other._listened, other._offered);
    }

    /// <summary>The same world, to go on from twice.</summary>
    internal Story Copy() => new(this);

    /// <summary>What tells it from another world in which something else can happen.</summary>
    internal UInt128 Print()
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(
            new { Service = _service.Inner, Devices = _devices.Select(device => device.Inner), _heard, _beat, _now, _listened, _offered });
        return BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(bytes));
    }

    /// <summary>True when a rollout is over and every device runs what it should.</summary>
    internal bool IsOver => IsSettled();

    /// <exception cref="StoryException">When something does not hold that must.</exception>
    internal static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new StoryException(otherwise);
        }
    }

    internal void Play(IEnumerable<Event> events)
    {
        foreach (var one in events)
        {
            Happen(one);
        }
    }

    internal void Happen(Event one)
    {
        var at = one.Device % _devices.Length;
        var device = _devices[at];
        switch (one.What)
        {
            case Happening.StepAndSay:
                device.Step(_now);
                Say(at);
                break;
            case Happening.Step:
                device.Step(_now);
                break;
            case Happening.Say:
                Say(at);
                break;
            case Happening.SayUnheard:
                Send(at, device.Outbox);
                break;
            case Happening.SayShuffled:
                Send(at, device.Outbox.AsEnumerable().Reverse());
                break;
            case Happening.Beat:
                device.Beat(_now);
                Say(at);
                break;
            case Happening.Restart or Happening.TurnOn:
                device.Restart(_now);
                break;
            case Happening.RestartCleanly:
                device.RestartCleanly(_now);
                break;
            case Happening.KillTest:
                device.KillsNextTest = true;
                break;
            case Happening.Sleep or Happening.Wake:
                device.IsAsleep = one.What == Happening.Sleep;
                break;
            case Happening.TurnOff:
                device.TurnOff();
                break;
            case Happening.LoseNetwork or Happening.FindNetwork:
                device.HasNetwork = one.What == Happening.FindNetwork;
                break;
            case Happening.FillDisk or Happening.FreeDisk:
                device.HasRoom = one.What == Happening.FreeDisk;
                break;
            case Happening.SetClock:
                device.ClockAhead = device.ClockAhead == default ? TimeSpan.FromDays(one.Device % 2 == 0 ? 8 : -8) : default;
                break;
            case Happening.Crawl:
                device.DownloadSteps = 40;
                break;
            case Happening.LoseFolder:
                device.Forget(one.Device);
                device.Beat(_now);
                break;
            case Happening.Tick:
                _service.Tick(_now);
                break;
            case Happening.StopService or Happening.StartService:
                _service.IsUp = one.What == Happening.StartService;
                break;
            case Happening.WaitABit:
                Wait(TimeSpan.FromSeconds(5));
                break;
            case Happening.WaitADeadline:
                Wait(_pace.Deadline + TimeSpan.FromSeconds(1));
                break;
            case Happening.WaitLong:
                Wait(TimeSpan.FromMinutes(20));
                break;
            case Happening.Pause:
                _service.Command(RolloutMove.Pause, _now);
                break;
            case Happening.Resume:
                _service.Command(RolloutMove.Resume, _now);
                break;
            case Happening.Skip:
                _service.Skip(_now);
                break;
            case Happening.RollBack:
                _service.Command(RolloutMove.RollBack, _now);
                break;
            case Happening.Newer when _service.IsUp && _offered == 1:
                Offer(2);
                break;
            case Happening.Again when _service is { IsUp: true, Current.State: RolloutState.RolledBack or RolloutState.Superseded }:
                Offer(_offered);
                break;
            default:
                break;
        }

        Look();
    }

    /// <summary>
    /// Everything mends, and time goes on: the rollout must come to its end, and every device to what the channel asks for.
    /// </summary>
    internal void Heal()
    {
        _service.IsUp = true;
        foreach (var device in _devices)
        {
            (device.HasNetwork, device.HasRoom, device.ClockAhead, device.DownloadSteps) = (true, true, default, 1);
            device.KillsNextTest = false;
            device.Restart(_now);
        }

        for (var round = 0; round < 1500 && !IsSettled(); round++)
        {
            if (_devices.All(device => !device.IsOn))
            {
                // Nobody is left who could take anything.
                return;
            }

            // A person is asked, and says go on.
            if (_service.Current is { State: RolloutState.Paused } paused)
            {
                Require(paused.Reason is { Length: > 0 }, "a pause does not say why");
                if (_devices.All(device => !device.IsOn || Runs(device) == AskedOf(device, paused)
                    || device.State.Condemned.Any(one => one.Release == paused.Release.Digest)))
                {
                    // Nobody is left who could take it: those that the pause names are off, or have had enough of it.
                    return;
                }

                _service.Command(RolloutMove.Resume, _now);
            }

            for (var device = 0; device < _devices.Length; device++)
            {
                _devices[device].Step(_now);
                Say(device);
            }

            Wait(TimeSpan.FromSeconds(2 + (round / 20)));
            Look();
        }

        Require(IsSettled(), $"it does not end: {Describe()}");
        if (_service.Current is { State: RolloutState.Finished } finished)
        {
            var bad = QualityOf(finished) == Quality.FailsOnOneClass ? ProcessorClass.Arm64 : null;
            Require(
                _devices.Where(device => device.IsOn).All(device =>
                    (Runs(device) == finished.Release.Version) == (device.ProcessorClass != bad) || IsLost(device)),
                $"finished, but not everybody runs what they should: {Describe()}");
        }
    }

    internal string Describe() => string.Join(
        "; ",
        _devices.Select(device =>
            $"{device.Id} runs {Runs(device)?.ToString() ?? "nothing"}, {device.State.Deployment?.State} "
            + $"{device.State.Deployment?.Release.Version} {device.State.Deployment?.ReasonCode}{(device.IsOn ? "" : ", off")}")
            .Append(
                $"rollout {_service.Current?.Id} {_service.Current?.State} ring {_service.Current?.CurrentRing} {_service.Current?.Reason}"));

    private static ModelVersion? Runs(SimAgent device) => device.State.ActiveContent?.Release.Version;

    private bool IsLost(SimAgent device) => device.State.Condemned.Any(one => one.Release == StableFor(device)?.Digest);

    /// <summary>What a device runs that has done what a rollout asks of it.</summary>
    private ModelVersion? AskedOf(SimAgent device, RolloutRecord rollout) =>
        rollout.ExcludedClasses.Contains(device.ProcessorClass) ? StableFor(device)?.Version : rollout.Release.Version;

    private ReleaseRef? StableFor(SimAgent device) => ClassView.Of(_service.Document, device.ProcessorClass)?.Stable;

    private bool IsSettled() => _service.Current is null
        or { State: RolloutState.Finished or RolloutState.RolledBack or RolloutState.Superseded }
        && _devices.Where(device => device.IsOn).All(device =>
            Runs(device) == StableFor(device)?.Version || IsLost(device));

    private void Offer(int release)
    {
        _offered = release;
        _service.Start(_releases[release], _now);
    }

    private void Wait(TimeSpan time)
    {
        // The timer runs as long as the service does; at its pace in short waits, a few times in long ones.
        var pieces = time > TimeSpan.FromSeconds(10) ? (int)Math.Ceiling(time / TimeSpan.FromSeconds(7.9)) : 1;
        for (var piece = 0; piece < pieces; piece++)
        {
            _now += time / pieces;
            if (_service.IsUp)
            {
                _listened += time / pieces;
            }

            Beat();
            _service.Tick(_now);
            Look();
        }
    }

    /// <summary>What is on and has a line says at least every third of the deadline that it is there.</summary>
    private void Beat()
    {
        for (var at = 0; at < _devices.Length; at++)
        {
            if (_now - _beat[at] >= _pace.Deadline / 3)
            {
                _beat[at] = _now;
                _devices[at].Beat(_now);
                Say(at);
            }
        }
    }

    private void Say(int at)
    {
        if (Send(at, _devices[at].Outbox))
        {
            _devices[at].Outbox.Clear();
        }
    }

    private bool Send(int at, IEnumerable<DeviceReport> reports)
    {
        var device = _devices[at];
        if (!device.IsAwake || !device.HasNetwork || !_service.IsUp)
        {
            return false;
        }

        foreach (var report in reports.ToList())
        {
            // Before it is taken: a verdict that it brings about is looked at with it.
            _heard[at] = _listened;
            _service.Receive(report, _now);
        }

        return true;
    }
}

/// <summary>Something does not hold that must.</summary>
internal sealed class StoryException(string message) : Exception(message);
