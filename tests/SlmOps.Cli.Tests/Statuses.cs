using SlmOps.Contracts;
using SlmOps.Pipeline.Api;
using SlmOps.Pipeline.Channels;

namespace SlmOps.Cli.Tests;

/// <summary>A run that went well, to vary.</summary>
internal static class Statuses
{
    internal static readonly Digest Release = Digest.Of("release"u8);
    internal static readonly Digest Manifest = Digest.Of("int8"u8);
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    internal static VariantStatus Int8 { get; } = new(
        "int8", "int8", "PACKAGED", 2_500_000, 0.25, Manifest, true, "fine",
        new(13.5, 0.01, 0.002, 0.98, null, 512, null, null), 4_000_000);

    internal static DeviceStatus Device { get; } = new(
        "d1", DeviceState.Committed, "all", "int8", Manifest, Manifest, true, null, Noon,
        new("1.0", "1.31.1", "linux", "x64", 2, 8_000_000, [], new Dictionary<string, string>()));

    internal static RolloutRecord Rollout { get; } = new(
        "m@1", "m", new("m", "1", Release, 10, Digest.Of("signature"u8)), [Manifest], null, "salt", RolloutState.Finished, 0,
        [new(new("all", 1, new Dictionary<string, string>()), RingState.Finished, Noon, "1 of 1 devices committed")],
        1, 60, null, null, Noon, Noon.AddSeconds(3), null);

    internal static RunStatus Finished { get; } = new(
        "m", "1", "FINISHED", Noon, 10_000_000, 2_400_000, "m", Release, [Int8], [], Rollout, [Device],
        new Dictionary<string, long> { ["intake"] = 5, ["quantize"] = 7 });

    internal static RunStatus Received { get; } = Finished with
    {
        State = "BUILDING",
        ReleaseDigest = default,
        Variants = [new("int8", "int8", "QUANTIZING", null, null, default, null, null, null, null)],
        Rollout = null,
        Devices = [],
    };
}
