using System.Runtime.CompilerServices;
using Azure.Data.Tables;
using SlmOps.Contracts;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Tests.Bench;
using SlmOps.Pipeline.Tests.Rollout;

namespace SlmOps.Pipeline.Tests.Fleet;

/// <summary>What a fleet costs whose devices all say as much as they may.</summary>
[Collection(StageCollection.Name)]
public sealed class FleetCostTests(StageStorage storage, ITestOutputHelper output)
{
    private const int Devices = 150;
    private const long Most = 20 << 20;

    /// <summary>Letters that take three bytes on the wire and six in a row, as many as an inventory may hold.</summary>
    private static readonly DeviceInventory Widest = ReportPolicyTests.Largest with
    {
        Labels = ReportPolicyTests.Largest.Labels.ToDictionary(label => label.Key, _ => new string('\u4e2d', 96)),
    };

    public static TheoryData<bool> Inventories => [false, true];

    [Theory]
    [MemberData(nameof(Inventories))]
    public void Reading_LargestInventories_AllocatesLittle(bool wide)
    {
        var rows = Fleet(wide).Select(device => JsonRow.Write(device.Channel, device.Id, device)).ToList();
        var before = GC.GetAllocatedBytesForCurrentThread();

        var read = rows.ConvertAll(JsonRow.Read<DeviceRecord>);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, Most);
        Assert.All(read, device => Assert.Equal(32, device.Labels.Count));
    }

    [Theory(Explicit = true)]
    [MemberData(nameof(Inventories))]
    public async Task Listing_LargestInventories_HoldsLittle(bool wide)
    {
        var cancelled = TestContext.Current.CancellationToken;
        var tables = new TableServiceClient(storage.ConnectionString);
        await tables.CreateTableIfNotExistsAsync(Tables.Devices, cancelled);
        var store = new DeviceStore(tables, new(tables, new(), TimeProvider.System), TimeProvider.System);
        foreach (var device in Fleet(wide))
        {
            await store.FoldAsync(
                device.Id, device.Channel,
                [new(1, device.Id, 1, SampleFleet.Start, device.Channel, device.Inventory, device.Deployment, null)], cancelled);
        }

        var (fleet, held) = Read(store, Channel(wide));

        var row = JsonRow.Write("", "", fleet[0]).GetBinary("Data0").Length;
        output.WriteLine($"wide {wide}: {fleet.Count} devices, {row} bytes a row, {held >> 10} KiB held");
        Assert.Equal(Devices, fleet.Count);
        Assert.InRange(held, 1, Most);
    }

    /// <summary>What the list holds, and nothing that the client keeps for its next call.</summary>
    private static (IReadOnlyList<DeviceRecord> Fleet, long Held) Read(DeviceStore store, string channel)
    {
        Assert.Equal(Devices, Count(store, channel));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var fleet = List(store, channel);
        return (fleet, GC.GetTotalMemory(forceFullCollection: true) - before);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Count(DeviceStore store, string channel) => List(store, channel).Count;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static IReadOnlyList<DeviceRecord> List(DeviceStore store, string channel) =>
        Task.Run(() => store.ListAsync(channel, CancellationToken.None)).GetAwaiter().GetResult();

    private static string Channel(bool wide) => wide ? "wide" : "narrow";

    private static IEnumerable<DeviceRecord> Fleet(bool wide)
    {
        var inventory = wide ? Widest : ReportPolicyTests.Largest;
        var deployment = SampleFleet.Device("d0", DeviceState.Soaking).Deployment! with { Reason = new('r', ReportLimits.Reason) };
        var report = new DeviceReport(1, "d1", 1, SampleFleet.Start, Channel(wide), inventory, deployment, null);
        Assert.Null(ReportPolicy.Refuse("d1", Channel(wide), new([report]), 0, SampleFleet.Start));
        var device = new DeviceRecord("d0", Channel(wide), inventory, deployment, SampleFleet.Start, 1, SampleFleet.Start);
        return Enumerable.Range(0, Devices).Select(number => device with { Id = $"d{number}" });
    }
}
