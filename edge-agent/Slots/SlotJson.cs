using System.Text.Json;
using System.Text.Json.Serialization;
namespace SlmOps.EdgeAgent.Slots;

/// <summary>The JSON of what describes slots.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true,
    MaxDepth = 32)]
[JsonSerializable(typeof(CurrentModel))]
[JsonSerializable(typeof(LocalLayerListing))]
[JsonSerializable(typeof(SlotDescription))]
[JsonSerializable(typeof(SlotRecord))]
internal sealed partial class SlotJson : JsonSerializerContext;
