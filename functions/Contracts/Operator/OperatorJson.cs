using System.Text.Json;
using System.Text.Json.Serialization;

namespace SlmOps.Contracts.Operator;

/// <summary>The JSON of the operators' interface: camel case, nulls left out.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 32)]
[JsonSerializable(typeof(IReadOnlyList<ModelSummary>))]
[JsonSerializable(typeof(RunStatus))]
[JsonSerializable(typeof(IReadOnlyList<ChannelStatus>))]
[JsonSerializable(typeof(IReadOnlyList<DeviceStatus>))]
[JsonSerializable(typeof(OperatorResult))]
[JsonSerializable(typeof(GarbageReport))]
[JsonSerializable(typeof(IReadOnlyList<OperatorKeyStatus>))]
[JsonSerializable(typeof(NewOperatorKey))]
[JsonSerializable(typeof(AuditPage))]
[JsonSerializable(typeof(IReadOnlyList<EnrolmentTokenStatus>))]
[JsonSerializable(typeof(NewEnrolmentToken))]
[JsonSerializable(typeof(Fault))]
public sealed partial class OperatorJson : JsonSerializerContext;
