using System.Text.Json;
using System.Text.Json.Serialization;

namespace SlmOps.Contracts;

/// <summary>The one JSON context of the contracts: camel case, nulls left out, source generated for NativeAOT.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = 32)]
[JsonSerializable(typeof(ModelReceived))]
[JsonSerializable(typeof(ModelRejected))]
[JsonSerializable(typeof(ModelQuantized))]
[JsonSerializable(typeof(ModelValidated))]
[JsonSerializable(typeof(ModelPackaged))]
[JsonSerializable(typeof(ModelReleased))]
[JsonSerializable(typeof(AdaptationReleased))]
[JsonSerializable(typeof(RolloutStarted))]
[JsonSerializable(typeof(RingStarted))]
[JsonSerializable(typeof(RingPassed))]
[JsonSerializable(typeof(RolloutPaused))]
[JsonSerializable(typeof(RolledBack))]
[JsonSerializable(typeof(RolloutCompleted))]
[JsonSerializable(typeof(DeviceConflict))]
[JsonSerializable(typeof(ReleaseRef))]
[JsonSerializable(typeof(VariantOffer))]
[JsonSerializable(typeof(VariantNeeds))]
[JsonSerializable(typeof(VariantFigures))]
[JsonSerializable(typeof(ChannelDocument))]
[JsonSerializable(typeof(DeviceReport))]
[JsonSerializable(typeof(DeviceReportBatch))]
[JsonSerializable(typeof(DeviceReportReceipt))]
[JsonSerializable(typeof(StageMessage))]
[JsonSerializable(typeof(RolloutMessage))]
[JsonSerializable(typeof(SmokeTest))]
[JsonSerializable(typeof(SmokeOutputs))]
[JsonSerializable(typeof(EnrolmentRequest))]
[JsonSerializable(typeof(EnrolmentAnswer))]
[JsonSerializable(typeof(DeviceRefusal))]
public sealed partial class ContractsJson : JsonSerializerContext;
