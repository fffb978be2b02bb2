using SlmOps.Contracts;

namespace SlmOps.Pipeline.Fleet;

/// <summary>Which reports may enter. Pure.</summary>
internal static class ReportPolicy
{
    private const int MaxLabels = 32;
    private const int MaxText = 2048;
    private const int MaxShort = 64;

    /// <summary>What is wrong with a batch that claims to come from a device, or null.</summary>
    internal static string? Refuse(string device, DeviceReportBatch? batch)
    {
        if (!SafeName.IsValid(device))
        {
            return $"The device id is not allowed: {SafeName.Rule}.";
        }

        if (batch?.Reports is not { Count: > 0 and <= DeviceReport.MaxBatch } reports)
        {
            return $"A batch holds 1 to {DeviceReport.MaxBatch} reports.";
        }

        return reports.Select(report => Refuse(device, report)).FirstOrDefault(reason => reason is not null);
    }

    private static string? Refuse(string device, DeviceReport? report) =>
        report switch
        {
            null => "A report is null.",
            { Schema: not DeviceReport.CurrentSchema } => $"Reports of schema {report.Schema} are not known here.",
            _ when report.DeviceId != device => $"The report is of '{report.DeviceId}', not of '{device}'.",
            { Seq: <= 0 } => "A report's seq starts at 1.",
            _ when !SafeName.IsValid(report.Channel) => $"The channel is not allowed: {SafeName.Rule}.",
            { Inventory.Labels: null } => "The inventory has no labels; send an empty object.",
            { Inventory.Labels.Count: > MaxLabels } => $"A device has at most {MaxLabels} labels.",
            { Composition.LocalLayer: null or { Length: > MaxShort } }
            or { Composition.Name.Length: > MaxShort }
            or { Composition.Version.Length: > MaxShort } => "The report says in a way not known here what runs.",
            { Deployment.Reason.Length: > MaxText } or { Traceparent.Length: > 64 } => "A text of the report is too long.",
            { Incident: { Code: null or { Length: > MaxShort } } or { What: null or { Length: > MaxText } } } =>
                "The incident has no code, or too long a text.",
            { Deployment: { BytesFetched: < 0 } or { BytesWhole: < 0 } } => "A number of bytes is negative.",
            _ => null,
        };
}
