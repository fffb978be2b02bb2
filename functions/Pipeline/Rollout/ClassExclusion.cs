using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;

namespace SlmOps.Pipeline.Rollout;

/// <summary>
/// Withdraws a release from the classes of processors on which it computes something else, and from no others. Pure.
/// </summary>
internal static class ClassExclusion
{
    /// <summary>The step that excludes the next class; null when there is none, or when no device would be left.</summary>
    /// <param name="rollout">The rollout.</param>
    /// <param name="channel">Its channel.</param>
    /// <param name="fleet">Every device of the channel.</param>
    /// <param name="now">The time.</param>
    internal static RolloutStep? Next(
        RolloutRecord rollout, ChannelRecord channel, IReadOnlyList<DeviceRecord> fleet, DateTimeOffset now)
    {
        if (fleet.FirstOrDefault(device => Disagrees(rollout, device) && !IsExcluded(rollout, device)) is not { } found
            || ClassOf(found) is not { } processor)
        {
            return null;
        }

        var excluded = rollout with { ExcludedClasses = [.. rollout.ExcludedClasses, processor] };

        // A release that no device of the fleet can run is simply bad.
        return fleet.All(device => IsExcluded(excluded, device))
            ? null
            : new(
                excluded,
                channel.Next(now) with
                {
                    WithdrawnFrom = [.. channel.WithdrawnFrom
                        .Append(new(rollout.Release.Digest, processor, rollout.Previous))
                        .TakeLast(ChannelRecord.MaxWithdrawn)],
                },
                []);
    }

    /// <summary>True for a device that is not to run the release, whatever became of it there.</summary>
    internal static bool IsExcluded(RolloutRecord rollout, DeviceRecord device) =>
        ClassOf(device) is { } processor && rollout.ExcludedClasses.Contains(processor);

    private static bool Disagrees(RolloutRecord rollout, DeviceRecord device) =>
        rollout.StatusOf(device) is { } status
        && status.Composition.IsEmpty
        && status.State is DeviceState.FailedNoStateChange or DeviceState.FailedRollbackComplete or DeviceState.RollingBack
            or DeviceState.FailedUnableToRollback
        && OutcomeTable.Of(status.ReasonCode) == OutcomeClass.Processor;

    // An agent that does not know its class says what its processor can.
    private static string? ClassOf(DeviceRecord device) => device.Inventory is { } inventory
        ? inventory.ProcessorClass ?? ProcessorClass.Of(inventory.Architecture, inventory.InstructionSets)
        : null;
}
