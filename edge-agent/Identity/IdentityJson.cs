using System.Text.Json;
using System.Text.Json.Serialization;

namespace SlmOps.EdgeAgent.Identity;

/// <summary>The JSON of the identity's file.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    MaxDepth = 8)]
[JsonSerializable(typeof(IdentityRecord))]
internal sealed partial class IdentityJson : JsonSerializerContext;
