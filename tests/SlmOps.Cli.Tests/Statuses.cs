using SlmOps.Contracts;
using SlmOps.Contracts.Operator;

namespace SlmOps.Cli.Tests;

/// <summary>A run that went well, to vary.</summary>
internal static class Statuses
{
    internal static readonly Digest Release = Digest.Of("release"u8);
    internal static readonly Digest Manifest = Digest.Of("int8"u8);
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    internal static VariantStatus Int8 { get; } = new()
    {
        Name = "int8",
        Recipe = "int8",
        State = VariantState.Packaged,
        Bytes = 2_500_000,
        Ratio = 0.25,
        Digest = Manifest,
        Accepted = true,
        Reason = "fine",
        Figures = new(13.5, 0.01, 0.002, 0.98, null, 512, null, null),
        RamBytes = 4_000_000,
    };

    internal static DeviceStatus Device { get; } = new()
    {
        Id = "d1",
        State = DeviceState.Committed,
        Ring = "all",
        Variant = "int8",
        Manifest = Manifest,
        Active = Manifest,
        Verified = true,
        LastSeen = Noon,
        Inventory = new("1.0", "1.31.1", "linux", "x64", 2, 8_000_000, [], new Dictionary<string, string>()),
    };

    internal static RolloutStatus Rollout { get; } = new()
    {
        Id = "m@1",
        Channel = "m",
        Release = new("m", "1", Release, 10, Digest.Of("signature"u8)),
        State = RolloutState.Finished,
        CurrentRing = 0,
        Rings = [new("all", 1, new Dictionary<string, string>(), RingState.Finished, Noon, "1 of 1 devices committed")],
        SoakSeconds = 1,
        DeadlineSeconds = 60,
        CreatedAt = Noon,
        EndedAt = Noon.AddSeconds(3),
    };

    internal static RunStatus Finished { get; } = new()
    {
        Model = "m",
        Version = "1",
        State = RunState.Finished,
        ReceivedAt = Noon,
        SourceBytes = 10_000_000,
        Parameters = 2_400_000,
        Channel = "m",
        ReleaseDigest = Release,
        Variants = [Int8],
        Rejections = [],
        Rollout = Rollout,
        Devices = [Device],
        StagesMs = new Dictionary<string, long> { ["intake"] = 5, ["quantize"] = 7 },
    };

    internal static RunStatus Received { get; } = Finished with
    {
        State = RunState.Building,
        ReleaseDigest = default,
        Variants = [new() { Name = "int8", Recipe = "int8", State = VariantState.Quantizing }],
        Rollout = null,
        Devices = [],
    };
}
