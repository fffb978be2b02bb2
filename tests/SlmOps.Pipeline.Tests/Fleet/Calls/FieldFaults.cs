using System.Text.Json.Nodes;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Tests.Fleet.Calls;

/// <summary>What may be wrong with a field of a report on the wire, and the field that the answer is to name.</summary>
internal static class FieldFaults
{
    private static readonly Func<JsonNode?> Null = () => null;

    /// <summary>Path of the field, and what is put there.</summary>
    internal static IReadOnlyList<(string Path, Func<JsonNode?> Value)> All { get; } =
    [
        .. Of("schema", () => 2, () => -1, () => "one", () => 1.5, () => 1e300, Null),
        .. Of("deviceId", () => "somebody-else", () => "../x", () => "", () => 7, Null, () => new JsonObject()),
        .. Of("channel", () => "somewhere", () => "Phi", () => new JsonArray(), Null),
        .. Of("seq", () => 0, () => -1, () => long.MinValue, () => long.MaxValue, () => 1e19, () => "soon", Null),
        .. Of("time", () => "yesterday", () => 12, () => "0001-01-01T00:00:00+14:00", () => "9999-12-31T23:59:59-14:00", Null),
        .. Of("traceparent", Long(ReportLimits.Name), () => "00-\n", () => 1),
        .. Of("inventory", () => "none", () => new JsonArray()),
        .. Of("inventory.agentVersion", Long(ReportLimits.Name), () => "", Null, () => "1\u0000"),
        .. Of("inventory.ortVersion", Long(ReportLimits.Name), () => true),
        .. Of("inventory.os", Long(ReportLimits.Line), () => "a\u001bb"),
        .. Of("inventory.architecture", Long(ReportLimits.Name), () => "x64\r\n"),
        .. Of("inventory.cores", () => -1, () => ReportLimits.Cores + 1, () => "many"),
        .. Of("inventory.ramBytes", () => -1, () => ReportLimits.Amount + 1, () => 1e40),
        .. Of("inventory.instructionSets", () => Names(ReportLimits.InstructionSets + 1), Null, () => "avx2"),
        .. Of("inventory.labels", () => Map(ReportLimits.Labels + 1), Null, () => new JsonObject { ["../x"] = "y" }, () => new JsonArray()),
        .. Of("inventory.labels.site", Long(ReportLimits.LabelValue), () => "a\tb", Null, () => 5),
        .. Of("deployment", () => 1, () => new JsonObject()),
        .. Of("deployment.rolloutId", Long(ReportLimits.RolloutId), () => "a\u0001"),
        .. Of("deployment.ring", () => "../ring", () => "", () => "A"),
        .. Of("deployment.release", () => "sha256:short", () => 4, () => "sha512:" + new string('a', 64)),
        .. Of("deployment.model", () => "Phi", () => "a/b", Null),
        .. Of("deployment.version", () => "1..2", () => 1, Null),
        .. Of("deployment.variant", Long(ReportLimits.Name), () => "int 8"),
        .. Of("deployment.manifest", () => "sha256:" + new string('G', 64), () => ""),
        .. Of("deployment.attempt", () => -1, () => int.MaxValue, () => 1L << 40),
        .. Of("deployment.state", () => "DANCING", () => "committed", () => 3, Null),
        .. Of("deployment.from", () => "DANCING", () => 3),
        .. Of("deployment.verified", () => "yes", Null),
        .. Of("deployment.reasonCode", Long(ReportLimits.Name), () => "a\u0000"),
        .. Of("deployment.reason", Long(ReportLimits.Reason), () => "a\u0007"),
        .. Of("deployment.phaseMs", () => Map(ReportLimits.Phases + 1, 1), () => new JsonObject { [new string('p', 65)] = 1 }),
        .. Of("deployment.phaseMs.download", () => -1, () => ReportLimits.Amount + 1, () => 1.5),
        .. Of("deployment.bytesFetched", () => -1, () => ReportLimits.Amount + 1),
        .. Of("deployment.bytesWhole", () => -1, () => long.MaxValue),
        .. Of("composition.base", () => "sha256:", () => 1),
        .. Of("composition.name", () => "../x"),
        .. Of("composition.version", () => "a b"),
        .. Of("composition.localLayer", Long(ReportLimits.Name), Null, () => ""),
        .. Of("incident.code", Long(ReportLimits.Name), Null, () => "a\n"),
        .. Of("incident.what", Long(ReportLimits.Reason), Null, () => "\u007f"),
    ];

    private static IEnumerable<(string Path, Func<JsonNode?> Value)> Of(string path, params Func<JsonNode?>[] values) =>
        values.Select(value => (path, value));

    private static Func<JsonNode?> Long(int most) => () => new string('l', most + 1);

    private static JsonArray Names(int count) => [.. Enumerable.Range(0, count).Select(number => (JsonNode)$"n{number}")];

    private static JsonObject Map(int count, JsonNode? value = null) =>
        new(Enumerable.Range(0, count).Select(number => KeyValuePair.Create($"k{number}", (JsonNode?)(value?.DeepClone() ?? "v"))));
}
