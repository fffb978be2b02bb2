using System.Text.Json;
using System.Text.Json.Serialization;
namespace SlmOps.EdgeAgent.Outbox;

/// <summary>The JSON of the outbox's first line.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true,
    MaxDepth = 32)]
[JsonSerializable(typeof(OutboxHeader))]
internal sealed partial class OutboxJson : JsonSerializerContext;
