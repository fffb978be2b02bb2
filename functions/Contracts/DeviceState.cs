using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SlmOps.Contracts;

/// <summary>
/// Where a device is with a release. Names follow hawkBit actions, Mender and AWS IoT Jobs; on the wire in
/// upper snake case.
/// </summary>
[JsonConverter(typeof(DeviceStateJsonConverter))]
public enum DeviceState
{
    /// <summary>Assigned; what the metadata and the release say of it is being fetched.</summary>
    Pending,

    /// <summary>The assignment was read and a variant chosen.</summary>
    Retrieved,

    /// <summary>Fetching blobs.</summary>
    Downloading,

    /// <summary>Fetching stopped for a while; what was fetched is kept.</summary>
    DownloadPaused,

    /// <summary>All blobs are there.</summary>
    Downloaded,

    /// <summary>Signature and every digest hold.</summary>
    Verified,

    /// <summary>The inactive slot holds the complete model.</summary>
    Staged,

    /// <summary>Generating from the smoke prompts.</summary>
    SmokeTesting,

    /// <summary>Waiting for the activation window.</summary>
    WindowWait,

    /// <summary>Switching slots.</summary>
    Activating,

    /// <summary>Active and watched.</summary>
    Soaking,

    /// <summary>Active for good; the slot before it is the way back.</summary>
    Committed,

    /// <summary>Going back to the slot before.</summary>
    RollingBack,

    /// <summary>Failed before activation: what ran keeps running.</summary>
    FailedNoStateChange,

    /// <summary>Failed after activation, and the model before is active again.</summary>
    FailedRollbackComplete,

    /// <summary>Failed after activation, and there was nothing to go back to.</summary>
    FailedUnableToRollback,

    /// <summary>Refused: no variant fits, bad signature, or older than what this device may install.</summary>
    Rejected,

    /// <summary>Already runs what the channel asks for.</summary>
    AlreadyInstalled,

    /// <summary>A newer assignment replaced this one before it was active.</summary>
    Superseded,
}

/// <summary>
/// Upper snake case on the wire: <c>SMOKE_TESTING</c>, nothing else. The enum converter of the framework also reads
/// <c>"PENDING, VERIFIED"</c> and gives the bits of both, which may be a third state or none.
/// </summary>
public sealed class DeviceStateJsonConverter : JsonConverter<DeviceState>
{
    private static readonly FrozenDictionary<DeviceState, string> Names = Enum.GetValues<DeviceState>()
        .ToFrozenDictionary(state => state, state => JsonNamingPolicy.SnakeCaseUpper.ConvertName(state.ToString()));

    private static readonly FrozenDictionary<string, DeviceState> States =
        Names.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override DeviceState Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && States.TryGetValue(reader.GetString()!, out var state)
            ? state
            : throw new JsonException("Expected the name of a device state, such as SMOKE_TESTING.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DeviceState value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Names[value]);
}
