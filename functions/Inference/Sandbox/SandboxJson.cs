using System.Text.Json.Serialization;

namespace SlmOps.Inference.Sandbox;

/// <summary>The frames as JSON. Figures may be NaN or infinite, and both sides must see that.</summary>
[JsonSourceGenerationOptions(
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(RunRequest))]
[JsonSerializable(typeof(RunReply))]
internal sealed partial class SandboxJson : JsonSerializerContext;
