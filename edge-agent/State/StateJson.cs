using System.Text.Json;
using System.Text.Json.Serialization;
using SlmOps.EdgeAgent.Effects;
using SlmOps.EdgeAgent.Telemetry;

namespace SlmOps.EdgeAgent.State;

/// <summary>The JSON of the agent's own files.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true,
    MaxDepth = 32)]
[JsonSerializable(typeof(AgentState))]
[JsonSerializable(typeof(CurrentModel))]
[JsonSerializable(typeof(FreshnessRecord))]
[JsonSerializable(typeof(LocalLayerListing))]
[JsonSerializable(typeof(LockHolder))]
[JsonSerializable(typeof(OutboxHeader))]
[JsonSerializable(typeof(SlotDescription))]
[JsonSerializable(typeof(SmokeOutcome))]
internal sealed partial class StateJson : JsonSerializerContext;
