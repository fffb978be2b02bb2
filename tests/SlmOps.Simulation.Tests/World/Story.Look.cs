using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Simulation.Tests.World;

/// <summary>What must hold after each event.</summary>
internal sealed partial class Story
{
    /// <summary>What must hold after everything that happens.</summary>
    private void Look()
    {
        foreach (var device in _devices)
        {
            foreach (var content in new[] { device.State.A, device.State.B }.Where(content => content is { Committed: true }))
            {
                _committed.Add(content!.Release.Digest);
            }

            Require(
                device.State.ActiveContent?.Release.Digest is not { } runs || device.State.Deployment is not { State: DeviceState.Committed } ended
                    || ended.Release.Digest == runs,
                $"{device.Id} says that it committed {device.State.Deployment?.Release.Version} and runs another");
            Require(
                device.State.ActiveContent is not null || device.State.LastSeq < 1000 || _releases[1].Quality != Quality.Good,
                $"{device.Id} serves nothing");
        }

        foreach (var step in _service.Taken)
        {
            LookAt(step);
        }

        _service.Taken.Clear();
    }

    private void LookAt(RolloutStep step)
    {
        var rollout = step.Rollout;
        var quality = QualityOf(rollout);
        var others = _devices.Any(device => device.ProcessorClass != ProcessorClass.Arm64);
        var bad = quality != Quality.Good && (quality != Quality.FailsOnOneClass || !others);
        if (rollout.State == RolloutState.RollingBack && rollout.ReasonCode == "ErrorThreshold" && !bad)
        {
            var silent = _devices.Index().Any(one =>
                _service.Fleet.Single(known => known.Id == one.Item.Id).Deployment is { State: DeviceState.Activating or DeviceState.Soaking }
                && _listened - _heard[one.Index] > _pace.Deadline);
            Require(silent, $"a good release is withdrawn: {rollout.Reason}");
        }

        if (step.Facts.Any(fact => fact.Type == EventTypes.RingStarted))
        {
            LookAtRing(rollout);
        }

        if (rollout is { State: RolloutState.Paused, ReasonCode: "NoData" })
        {
            Require(
                _devices.Any(device => rollout.Reason!.Contains($"{device.Id} (", StringComparison.Ordinal)),
                $"a pause does not say whom it waits for: {rollout.Reason}");
        }

        if (rollout.State == RolloutState.Finished)
        {
            Require(_committed.Contains(rollout.Release.Digest), "finished, and nobody ever committed it");
            Require(!bad, "a bad release finished");
        }

        if (rollout.State == RolloutState.RolledBack && rollout.ReasonCode != "Superseded")
        {
            foreach (var device in _devices.Where(device => device is { IsOn: true, HasNetwork: true, Outbox.Count: 0 }))
            {
                Require(
                    Runs(device) != rollout.Release.Version || rollout.Previous is null || !IsHeardOf(device),
                    $"rolled back, and {device.Id} runs it");
            }
        }
    }

    private Quality QualityOf(RolloutRecord rollout) =>
        _releases.Single(release => release.Ref.Digest == rollout.Release.Digest).Quality;

    /// <summary>A ring takes living devices, and no more of them than its share.</summary>
    private void LookAtRing(RolloutRecord rollout)
    {
        var index = rollout.CurrentRing;
        var share = _pace.Rings[index];
        bool IsLiving(SimAgent device) => _listened - _heard[Array.IndexOf(_devices, device)] <= OfflineAfter
            && !(QualityOf(rollout) == Quality.FailsOnOneClass && rollout.ExcludedClasses.Contains(device.ProcessorClass));
        var living = _devices.Where(IsLiving).ToList();
        var taken = living.Count(device => rollout.RingOf(_service.Fleet.Single(known => known.Id == device.Id)) >= 0);
        Require(
            taken <= Math.Ceiling(share * living.Count),
            $"ring {index + 1} takes {taken} of {living.Count} living devices, its share is {share}");
        Require(living.Count == 0 || taken > 0, $"ring {index + 1} takes none of {living.Count} living devices");
    }

    private bool IsHeardOf(SimAgent device) =>
        _service.Fleet.Single(known => known.Id == device.Id) is var record && _now - record.LastSeen < TimeSpan.FromMinutes(15);
}
