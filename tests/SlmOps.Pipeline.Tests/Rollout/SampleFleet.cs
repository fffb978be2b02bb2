using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Pipeline.Tests.Rollout;

/// <summary>Records to decide on. With the salt here, devices d1 … d12 are at the places of <see cref="RingPlanTests"/>.</summary>
internal static class SampleFleet
{
    internal const string Salt = "salt";
    internal static readonly DateTimeOffset Start = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);
    internal static readonly Dictionary<string, string> NoLabels = [];
    internal static readonly Digest Manifest = Digest.Of("manifest"u8);
    internal static readonly Digest PreviousManifest = Digest.Of("previous manifest"u8);
    internal static readonly ReleaseRef Release = Of("2.0.0");
    internal static readonly ReleaseRef Previous = Of("1.0.0");

    internal static ReleaseRef Of(string version)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(version);
        return new("phi", version, Digest.Of(bytes), 1000, Digest.Of([.. bytes, 0]));
    }

    internal static RolloutRecord Rollout(params Ring[] rings) => new()
    {
        Id = "phi@2.0.0",
        Channel = "phi",
        Release = Release,
        Manifests = [Manifest],
        Previous = Previous,
        Salt = Salt,
        State = RolloutState.Ready,
        CurrentRing = 0,
        Rings = [.. (rings.Length > 0 ? rings : [new("canary", 0.082, NoLabels), new("early", 0.5, NoLabels), new("all", 1, NoLabels)])
            .Select(ring => new RingRecord(ring, RingState.Scheduled, null, null))],
        SoakSeconds = 60,
        DeadlineSeconds = 1800,
        CreatedAt = Start,
    };

    internal static ChannelRecord Channel() => new("phi", 7, Previous, "phi@2.0.0", [], Start);

    /// <summary>A device that reported a state of the release, or nothing of it.</summary>
    internal static DeviceRecord Device(string id, DeviceState? state = null, string? reasonCode = null, Digest active = default) =>
        new(
            id,
            "phi",
            null,
            state is { } known
                ? new()
                {
                    RolloutId = "phi@2.0.0",
                    Ring = "canary",
                    Release = Release.Digest,
                    Model = "phi",
                    Version = "2.0.0",
                    Variant = "int8",
                    Manifest = Manifest,
                    Attempt = 1,
                    State = known,
                    Verified = true,
                    Active = active,
                    ReasonCode = reasonCode,
                    Reason = reasonCode,
                }
                : null,
            state is null ? null : Start,
            state is null ? 0 : 1,
            Start);

    internal static DeviceInventory Inventory(params (string Key, string Value)[] labels) => new(
        "0.1.0", "1.31.1", "Linux", "arm64", 4, 1 << 30, ["neon"], labels.ToDictionary(label => label.Key, label => label.Value));
}
