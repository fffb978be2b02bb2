using System.Text.Json;
using System.Text.Json.Serialization;
namespace SlmOps.EdgeAgent.Smoke;

/// <summary>The JSON between the smoke test's process and the agent.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true,
    MaxDepth = 32)]
[JsonSerializable(typeof(SmokeRequest))]
[JsonSerializable(typeof(SmokeOutcome))]
internal sealed partial class SmokeJson : JsonSerializerContext;
