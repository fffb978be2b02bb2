using SlmOps.Contracts;
using SlmOps.Pipeline.Tests.Rollout;

namespace SlmOps.Pipeline.Tests.Fleet.Calls;

/// <summary>What devices say when nothing is wrong with it.</summary>
internal sealed class HonestReports(Random random)
{
    private static readonly DeviceState[] States = Enum.GetValues<DeviceState>();

    /// <summary>Up to a few reports that follow on the last one, mostly in order.</summary>
    internal List<DeviceReport> Batch(CampaignDevice device, DateTimeOffset now)
    {
        var count = random.Next(50) == 0 ? DeviceReport.MaxBatch : random.Next(1, 5);
        var seq = Math.Max(device.LastSeq, random.Next(20) == 0 ? now.ToUnixTimeMilliseconds() : 0);
        var reports = new List<DeviceReport>();
        while (reports.Count < count)
        {
            seq += random.Next(4) == 0 ? random.Next(1, 1000) : 1;
            reports.Add(Report(device, seq, now, largest: count < DeviceReport.MaxBatch && random.Next(30) == 0));
        }

        if (random.Next(4) == 0)
        {
            random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(reports));
        }

        return reports;
    }

    internal DeviceReport Report(CampaignDevice device, long seq, DateTimeOffset now, bool largest = false) => new(
        DeviceReport.CurrentSchema, device.Id, seq, now.AddSeconds(random.Next(-60, 60)), device.Channel,
        largest ? ReportPolicyTests.Largest : random.Next(4) == 0 ? SampleFleet.Inventory(("site", $"s{random.Next(9)}")) : null,
        random.Next(4) > 0 ? Status() : null,
        random.Next(2) == 0 ? "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" : null)
    {
        Composition = random.Next(3) == 0 ? new(SampleFleet.Manifest, default, "lab", "1", LocalLayerStates.Active) : null,
        Incident = random.Next(9) == 0 ? new(ReasonCodes.SlotDamaged, "A file was lost.\nIt came back.") : null,
    };

    private DeploymentStatus Status() =>
        SampleFleet.Device("d", States[random.Next(States.Length)], random.Next(3) == 0 ? ReasonCodes.SlotDamaged : null).Deployment! with
        {
            Attempt = random.Next(1, 5),
            Reason = random.Next(20) == 0 ? new('ü', 1500) : "fine",
            PhaseMs = new Dictionary<string, long> { ["download"] = random.Next() },
            BytesFetched = random.NextInt64(ReportLimits.Amount),
            BytesWhole = random.Next(),
        };
}
