using System.Text.Json;
using System.Text.Json.Serialization;
using SlmOps.EdgeAgent.State;
namespace SlmOps.EdgeAgent.Disk;

/// <summary>The JSON of the journal and of what lies beside it.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true,
    MaxDepth = 32)]
[JsonSerializable(typeof(AgentState))]
[JsonSerializable(typeof(FreshnessRecord))]
[JsonSerializable(typeof(LockHolder))]
internal sealed partial class StateJson : JsonSerializerContext;
