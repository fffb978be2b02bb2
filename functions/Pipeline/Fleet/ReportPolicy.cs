using System.Text.Json;
using SlmOps.Contracts;

namespace SlmOps.Pipeline.Fleet;

/// <summary>Which batches may enter: what every report of one must keep to. Pure.</summary>
internal static class ReportPolicy
{
    /// <summary>What is wrong with a batch that claims to come from a device, or null.</summary>
    /// <param name="device">The device that sends it.</param>
    /// <param name="channel">The channel that the device follows.</param>
    /// <param name="batch">What it sends.</param>
    /// <param name="lastSeq">Highest number that was stored of it; 0 for none.</param>
    /// <param name="now">The time.</param>
    internal static ReportRefusal? Refuse(
        DeviceId device, ChannelName channel, DeviceReportBatch? batch, long lastSeq, DateTimeOffset now)
    {
        if (batch?.Reports is not { Count: > 0 and <= DeviceReport.MaxBatch } reports)
        {
            return new("reports", $"a batch holds 1 to {DeviceReport.MaxBatch} reports");
        }

        var highest = Math.Max(lastSeq, now.ToUnixTimeMilliseconds()) + ReportLimits.SeqAhead;
        return reports
            .SelectMany((report, index) => Faults(report, device, channel, highest)
                .Select(fault => fault with { Field = fault.Field.Length > 0 ? $"reports[{index}].{fault.Field}" : $"reports[{index}]" }))
            .FirstOrDefault();
    }

    /// <summary>What is wrong with a batch that is not even one. Names in it may be as long as the batch; the answer is not.</summary>
    internal static ReportRefusal Unread(JsonException fault) => new(
        fault.Path is { Length: > 2 } path ? Cut(path[2..]) : "reports", Cut(fault.Message.Split(" Path: ")[0]).TrimEnd('.'));

    private static string Cut(string text) => text.Length <= ReportLimits.Line ? text : text[..ReportLimits.Line] + "…";

    private static IEnumerable<ReportRefusal> Faults(DeviceReport? report, DeviceId device, ChannelName channel, long highest)
    {
        if (report is null)
        {
            yield return new("", "it is null");
            yield break;
        }

        if (report.Schema != DeviceReport.CurrentSchema)
        {
            yield return new("schema", $"{report.Schema} is not known here; {DeviceReport.CurrentSchema} is");
        }

        if (report.DeviceId != device)
        {
            yield return new("deviceId", $"a device reports for itself alone, and this is '{device}'");
        }

        if (report.Channel.IsEmpty || report.Channel != channel)
        {
            yield return new("channel", $"the device follows '{channel}'");
        }

        if (report.Seq <= 0 || report.Seq > highest)
        {
            yield return new("seq", $"it must be 1 to {highest}: at most a day ahead of the last one and of the clock in milliseconds");
        }

        var faults = ReportFields.Faults(report);
        foreach (var fault in faults)
        {
            yield return fault;
        }
    }
}
