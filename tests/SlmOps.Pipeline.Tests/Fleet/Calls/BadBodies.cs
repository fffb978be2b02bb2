using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SlmOps.Contracts;
using SlmOps.Pipeline.Tests.Rollout;

namespace SlmOps.Pipeline.Tests.Fleet.Calls;

/// <summary>Bodies that are no batch, each with the field that the answer is to name; <c>*</c> for any.</summary>
internal sealed class BadBodies(Random random)
{
    private static readonly string[] Broken =
    [
        "", " ", "{", "[]", "7", "\"reports\"", "null", "{}", "{\"reports\":null}", "{\"reports\":{}}", "{\"reports\":[",
        "{\"reports\":[]}", "{\"reports\":[null]}", "{\"reports\":[1]}", "{\"reports\":[[]]}", "{\"reports\":[{}]}",
        "{\"reports\":[{\"schema\":1}]}", "\uFEFF{}",
        "{\"reports\":[\"\\ud800\"]}", "{\"reports\":[{\"deviceId\":\"\\ud800\"}]}", "{\"reports\":[{\"traceparent\":\"\\udc00\"}]}",
        "{\"reports\":[{\"inventory\":{\"labels\":{\"\\ud800\":\"x\"}}}]}",
        "{\"reports\":[{\"deployment\":{\"phaseMs\":{\"\\ud800\":1}}}]}",
    ];

    /// <summary>A batch of too many, or of none.</summary>
    internal (byte[] Body, string Field) Batch() => random.Next(3) switch
    {
        0 => ("{\"reports\":[]}"u8.ToArray(), "reports"),
        1 => (Encoding.UTF8.GetBytes($"{{\"reports\":[{string.Join(',', Enumerable.Repeat("null", random.Next(101, 999)))}]}}"), "reports"),
        _ => ("{}"u8.ToArray(), "reports"),
    };

    /// <summary>No JSON, or JSON of another shape.</summary>
    internal (byte[] Body, string Field) Json(byte[] honest) => (random.Next(5) switch
    {
        0 => honest[..random.Next(honest.Length)],
        1 => [.. honest, (byte)'x'],
        2 => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"reports\":[", random.Next(20, 30_000)))),
        3 => [.. "{\"reports\":[{\""u8, .. Enumerable.Repeat((byte)'k', random.Next(1, 400_000)), .. "\":tru}]}"u8],
        _ => Encoding.UTF8.GetBytes(Broken[random.Next(Broken.Length)]),
    }, "*");

    /// <summary>A report whose fields are each within their limits, and which is too large all the same.</summary>
    internal (byte[] Body, string Field) LargeReport(List<DeviceReport> reports)
    {
        var at = random.Next(reports.Count);
        var full = Full(reports[at]);
        reports[at] = full with
        {
            Deployment = full.Deployment! with { Reason = new('r', ReportLimits.Reason) },
            Incident = new("code", new('w', ReportLimits.Reason)),
        };
        return (JsonSerializer.SerializeToUtf8Bytes(new(reports), ContractsJson.Default.DeviceReportBatch), $"reports[{at}]");
    }

    /// <summary>A batch with one field of one report replaced.</summary>
    internal static (byte[] Body, string Field) With(IReadOnlyList<DeviceReport> reports, int at, string path, JsonNode? value)
    {
        var json = JsonSerializer.SerializeToNode(new DeviceReportBatch(reports), ContractsJson.Default.DeviceReportBatch)!;
        var steps = path.Split('.');
        steps[..^1].Aggregate(json["reports"]![at]!, (node, step) => node[step]!)[steps[^1]] = value;
        return (Encoding.UTF8.GetBytes(json.ToJsonString()), $"reports[{at}].{path}");
    }

    /// <summary>The report with something in every field.</summary>
    internal static DeviceReport Full(DeviceReport report) => report with
    {
        Inventory = SampleFleet.Inventory(("site", "lab")),
        Deployment = SampleFleet.Device("d", DeviceState.Soaking).Deployment! with
        {
            PhaseMs = new Dictionary<string, long> { ["download"] = 4 },
        },
        Composition = new(SampleFleet.Manifest, default, "lab", "1", LocalLayerStates.Active),
        Incident = new(ReasonCodes.SlotDamaged, "A file was lost."),
    };
}
