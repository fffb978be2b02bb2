using System.Security.Cryptography;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Pipeline.Fleet;

namespace SlmOps.Pipeline.Tests.Fleet.Calls;

/// <summary>A device, and what the service is to know of it after what it sent.</summary>
internal sealed class CampaignDevice(DeviceId id, ChannelName channel, bool isLetIn = true) : IDisposable
{
    internal DeviceId Id => id;

    internal ChannelName Channel => channel;

    /// <summary>False for one that was revoked, or whose certificate has ended.</summary>
    internal bool IsLetIn => isLetIn;

    internal ECDsa Key { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>What the record is to hold; null before the first report.</summary>
    internal DeviceRecord? Record { get; private set; }

    /// <summary>The reports that are to be kept, by number, as JSON.</summary>
    internal Dictionary<long, string> Kept { get; } = [];

    /// <summary>Every honest report, to be sent again.</summary>
    internal List<DeviceReport> Sent { get; } = [];

    internal long LastSeq => Record?.LastSeq ?? 0;

    public void Dispose() => Key.Dispose();

    /// <summary>Takes a batch as the service is to take it.</summary>
    /// <returns>The numbers of the reports whose rows are written.</returns>
    internal IReadOnlyList<long> Take(IReadOnlyList<DeviceReport> reports, DateTimeOffset now)
    {
        var kept = reports.Where(report => report.Inventory is null || report.Deployment is null).ToList();
        foreach (var report in kept)
        {
            Kept[report.Seq] = Json(report with { Inventory = null });
        }

        var record = Record ?? new(id, channel, null, null, null, 0, default);
        foreach (var report in reports.OrderBy(report => report.Seq))
        {
            if (report.Seq > record.LastSeq)
            {
                var told = report.Deployment;
                record = new(
                    id, channel, report.Inventory ?? record.Inventory, told ?? record.Deployment,
                    told is null ? record.DeploymentAt : report.Time, report.Seq, now)
                {
                    Composition = report.Composition ?? record.Composition,
                    FirstSeen = record.FirstSeen,
                    ClockAhead = report.Time - now,
                    WordAt = told is null ? record.WordAt : now,
                    ProgressAt = told is null || IsSame(told, record.Deployment) ? record.ProgressAt : now,
                };
            }
        }

        Record = record with { FirstSeen = record.FirstSeen ?? now, LastSeen = now };
        Sent.AddRange(reports);
        return [.. kept.Select(report => report.Seq).Distinct()];
    }

    /// <summary>True when a word about a rollout brings nothing new.</summary>
    private static bool IsSame(DeploymentStatus told, DeploymentStatus? before) =>
        (told.Release, told.RolloutId, told.State, told.Attempt, told.BytesFetched)
        == (before?.Release, before?.RolloutId, before?.State, before?.Attempt, before?.BytesFetched);

    internal static string Json(DeviceReport report) => JsonSerializer.Serialize(report, ContractsJson.Default.DeviceReport);
}
