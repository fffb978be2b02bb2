using SlmOps.Contracts;
using SlmOps.Contracts.Operator;

namespace SlmOps.Cli.Demo;

/// <summary>What the demo prints with <c>--json</c>.</summary>
internal sealed record DemoOutcome(
    ModelName Model,
    ModelVersion Version,
    Digest ReleaseDigest,
    RunState RolloutState,
    IReadOnlyList<DemoVariant> Variants,
    IReadOnlyList<DemoDevice> Devices,
    IReadOnlyDictionary<string, long> StagesMs,
    long ElapsedMs)
{
    internal static DemoOutcome From(RunStatus status, long uploadMs, long elapsedMs)
    {
        var stages = new Dictionary<string, long> { ["upload"] = uploadMs };
        foreach (var (stage, milliseconds) in status.StagesMs)
        {
            stages[stage] = milliseconds;
        }

        if (status.Rollout is { EndedAt: { } ended } rollout)
        {
            stages["rollout"] = (long)(ended - rollout.CreatedAt).TotalMilliseconds;
        }

        return new(
            status.Model,
            status.Version,
            status.ReleaseDigest,
            status.State,
            [
                .. status.Variants.Select(variant => new DemoVariant(
                    variant.Name,
                    variant.Bytes ?? 0,
                    variant.Ratio ?? 0,
                    variant.Figures?.Perplexity,
                    variant.Figures?.PerplexityChange,
                    variant.Figures?.TokensPerSecond,
                    variant.Accepted switch
                    {
                        true => "accepted",
                        false => "refused",
                        null => "none",
                    },
                    variant.Reason ?? "")),
            ],
            [.. status.Devices.Select(device => new DemoDevice(device.Id, device.State, device.Variant, device.Manifest, device.Verified))],
            stages,
            elapsedMs);
    }

    /// <summary>
    /// Why this is not a success, or null: the rollout must be finished, and every device must run what it committed,
    /// verified, a released variant that its memory can hold.
    /// </summary>
    internal static string? Fault(RunStatus status, int expectedDevices)
    {
        if (status.Rollout?.State != Contracts.Operator.RolloutState.Finished)
        {
            return $"The rollout ended as {StateName.Of(status.State)}: {status.Rollout?.Reason}";
        }

        if (status.Devices.Count != expectedDevices)
        {
            return $"{status.Devices.Count} of {expectedDevices} devices reported.";
        }

        return status.Devices.Select(device => Fault(status, device)).FirstOrDefault(fault => fault is not null);
    }

    private static string? Fault(RunStatus status, DeviceStatus device)
    {
        var variant = status.Variants.FirstOrDefault(offered => offered.Name == device.Variant);
        return device switch
        {
            { State: not DeviceState.Committed } => $"{device.Id} is {device.State}: {device.Reason}",
            { Verified: false } => $"{device.Id} runs an unverified variant.",
            _ when variant is null || variant.Digest != device.Manifest || device.Active != device.Manifest =>
                $"{device.Id} runs {device.Active}, which is not the released variant {device.Variant}.",
            _ when variant.RamBytes > device.Inventory?.RamBytes =>
                $"{device.Id} runs {device.Variant}, which needs {variant.RamBytes} bytes of memory; it has {device.Inventory.RamBytes}.",
            _ => null,
        };
    }
}

/// <summary>One variant.</summary>
internal sealed record DemoVariant(
    string Name, long Bytes, double Ratio, double? Perplexity, double? PerplexityChange, double? TokensPerSecond,
    string Verdict, string Reason);

/// <summary>One device.</summary>
internal sealed record DemoDevice(DeviceId Id, DeviceState State, string? Variant, Digest Digest, bool Verified);
