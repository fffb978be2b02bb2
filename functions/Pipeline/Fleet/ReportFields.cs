using System.Text.Encodings.Web;
using System.Text.Json;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Fleet;

/// <summary>The limits of a report's fields: every text, map and list has one. Pure.</summary>
internal static class ReportFields
{
    // A letter that is not ASCII counts with its bytes, not with the six of its escape.
    private static readonly ContractsJson Plain = new(new JsonSerializerOptions(ContractsJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = null,
    });

    internal static IEnumerable<ReportRefusal> Faults(DeviceReport report)
    {
        IEnumerable<ReportRefusal?> faults =
        [
            Text("traceparent", report.Traceparent, ReportLimits.Name),
            .. report.Inventory is { } inventory ? Of(inventory) : [],
            .. report.Deployment is { } deployment ? Of(deployment) : [],
            .. report.Composition is { } composition ? Of(composition) : [],
            .. report.Incident is { } incident ? Of(incident) : [],
            report.Instance is null ? null : Required("instance", report.Instance, ReportLimits.Name),
            .. report.Hold is { } hold ? Of(hold) : [],
            .. report.Choice is { } choice ? Of(choice) : [],
        ];

        // What the fields hold is bounded by now, so that measuring the whole is cheap.
        return faults.OfType<ReportRefusal>().DefaultIfEmpty(Size(report)).OfType<ReportRefusal>();
    }

    private static IEnumerable<ReportRefusal?> Of(DeviceInventory inventory) =>
    [
        Required("inventory.agentVersion", inventory.AgentVersion, ReportLimits.Name),
        Required("inventory.ortVersion", inventory.OrtVersion, ReportLimits.Name),
        Required("inventory.os", inventory.Os, ReportLimits.Line),
        Required("inventory.architecture", inventory.Architecture, ReportLimits.Name),
        Name("inventory.processorClass", inventory.ProcessorClass),
        Amount("inventory.cores", inventory.Cores, ReportLimits.Cores),
        Amount("inventory.ramBytes", inventory.RamBytes, ReportLimits.Amount),
        Count("inventory.instructionSets", inventory.InstructionSets?.Count, ReportLimits.InstructionSets),
        .. (inventory.InstructionSets ?? []).Take(ReportLimits.InstructionSets)
            .Select((name, index) => Required($"inventory.instructionSets[{index}]", name, ReportLimits.Name)),
        Count("inventory.labels", inventory.Labels?.Count, ReportLimits.Labels),
        .. (inventory.Labels ?? new Dictionary<string, string>()).Take(ReportLimits.Labels).Select(Label),
    ];

    private static IEnumerable<ReportRefusal?> Of(DeploymentStatus status) =>
    [
        Text("deployment.rolloutId", status.RolloutId, ReportLimits.RolloutId),
        Name("deployment.ring", status.Ring),
        Given("deployment.model", status.Model),
        Given("deployment.version", status.Version),
        Name("deployment.variant", status.Variant),
        Amount("deployment.attempt", status.Attempt, ReportLimits.Attempts),
        Text("deployment.reasonCode", status.ReasonCode, ReportLimits.Name),
        Text("deployment.reason", status.Reason, ReportLimits.Reason, lines: true),
        Count("deployment.phaseMs", status.PhaseMs?.Count ?? 0, ReportLimits.Phases),
        .. (status.PhaseMs ?? new Dictionary<string, long>()).Take(ReportLimits.Phases).SelectMany(Phase),
        Amount("deployment.restarts", status.Restarts ?? 0, ReportLimits.Attempts),
        Amount("deployment.bytesFetched", status.BytesFetched ?? 0, ReportLimits.Amount),
        Amount("deployment.bytesWhole", status.BytesWhole ?? 0, ReportLimits.Amount),
    ];

    private static IEnumerable<ReportRefusal?> Of(CompositionStatus composition) =>
    [
        Required("composition.localLayer", composition.LocalLayer, ReportLimits.Name),
    ];

    private static IEnumerable<ReportRefusal?> Of(DeviceIncident incident) =>
    [
        Required("incident.code", incident.Code, ReportLimits.Name),
        incident.What is null
            ? new("incident.what", "it is missing")
            : Text("incident.what", incident.What, ReportLimits.Reason, lines: true),
    ];

    private static IEnumerable<ReportRefusal?> Of(DeviceHold hold) =>
    [
        Required("hold.code", hold.Code, ReportLimits.Name),
        hold.Reason is null
            ? new("hold.reason", "it is missing")
            : Text("hold.reason", hold.Reason, ReportLimits.Reason, lines: true),
    ];

    private static IEnumerable<ReportRefusal?> Of(DeviceChoice choice) =>
    [
        Required("choice.variant", choice.Variant, ReportLimits.Name),
        Name("choice.variant", choice.Variant),
        Required("choice.reason", choice.Reason, ReportLimits.Refusal),
        Count("choice.against", choice.Against?.Count, ReportLimits.Refusals),
        .. (choice.Against ?? []).Take(ReportLimits.Refusals).SelectMany((one, index) => one is null
            ? [new($"choice.against[{index}]", "it is null")]
            : (ReportRefusal?[])
            [
                Required($"choice.against[{index}].variant", one.Variant, ReportLimits.Name),
                Required($"choice.against[{index}].reason", one.Reason, ReportLimits.Refusal),
            ]),
    ];

    private static ReportRefusal? Label(KeyValuePair<string, string> label) => SafeName.IsValid(label.Key)
        ? label.Value is null
            ? new($"inventory.labels.{label.Key}", "it is null")
            : Text($"inventory.labels.{label.Key}", label.Value, ReportLimits.LabelValue)
        : new("inventory.labels", $"a label's name is {SafeName.Rule}");

    private static IEnumerable<ReportRefusal?> Phase(KeyValuePair<string, long> phase) => phase.Key.Length <= ReportLimits.Name
        ? [Amount($"deployment.phaseMs.{phase.Key}", phase.Value, ReportLimits.Amount)]
        : [new("deployment.phaseMs", $"the name of a phase has at most {ReportLimits.Name} characters")];

    private static ReportRefusal? Required(string field, string? text, int most) =>
        string.IsNullOrEmpty(text) ? new(field, "it is missing") : Text(field, text, most);

    private static ReportRefusal? Name(string field, string? text) =>
        text is null || SafeName.IsValid(text) ? null : new(field, $"it must be {SafeName.Rule}");

    private static ReportRefusal? Given<T>(string field, T name)
        where T : struct, IName<T> => name.IsEmpty ? new(field, $"it must be {SafeName.Rule}") : null;

    private static ReportRefusal? Text(string field, string? text, int most, bool lines = false) => text switch
    {
        null => null,
        _ when text.Length > most => new(field, $"it has {text.Length} characters; at most {most} are taken"),
        _ when text.Any(letter => char.IsControl(letter) && !(lines && letter is '\n' or '\r' or '\t')) =>
            new(field, "it holds control characters"),
        _ => null,
    };

    private static ReportRefusal? Amount(string field, long amount, long most) =>
        amount >= 0 && amount <= most ? null : new(field, $"it must be 0 to {most}");

    private static ReportRefusal? Count(string field, int? count, int most) => count switch
    {
        null => new(field, "it is missing; send an empty one"),
        _ when count > most => new(field, $"it has {count} entries; at most {most} are taken"),
        _ => null,
    };

    private static ReportRefusal? Size(DeviceReport report)
    {
        var whole = Bytes(report);
        var rest = report.Inventory is null ? whole : Bytes(report with { Inventory = null });
        return rest > ReportLimits.ReportBytes
                ? new("", $"it has {rest} bytes beside its inventory; at most {ReportLimits.ReportBytes} are taken")
            : whole - rest > ReportLimits.InventoryBytes
                ? new("inventory", $"it has {whole - rest} bytes; at most {ReportLimits.InventoryBytes} are taken")
            : null;
    }

    private static int Bytes(DeviceReport report) => JsonSerializer.SerializeToUtf8Bytes(report, Plain.DeviceReport).Length;
}
