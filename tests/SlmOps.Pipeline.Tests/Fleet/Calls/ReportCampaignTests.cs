using System.Diagnostics;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Fleet.Calls;

/// <summary>
/// Calls of devices in their thousands, by a seed, through the door and the stage as the triggers call them: what is honest is taken
/// and is what is known afterwards; everything else is refused for the right reason and changes nothing. The long run is explicit:
/// <c>SlmOps.Pipeline.Tests -explicit only -class "*ReportCampaignTests"</c>.
/// </summary>
public sealed class ReportCampaignTests(ITestOutputHelper output)
{
    /// <summary>An answer says a field and a sentence; what was sent does not come back.</summary>
    private const int MostOfAnAnswer = 4 << 10;

    /// <summary>What is held on to after thousands of calls, what the test remembers of them included; rows are counted apart.</summary>
    private const long MostHeld = 64 << 20;

    private const int MostFaults = 20;

    private static readonly TimeSpan ReplayLife = TimeSpan.FromMinutes(14);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task Reports_SomeHundred_OnlyHonestOnesChangeAnything() => RunAsync(400, seed: 1);

    [Fact(Explicit = true)]
    public async Task Reports_TwentyThousand_OnlyHonestOnesChangeAnything()
    {
        var held = await RunAsync(Campaign.Cases(20_000), EndToEnd.Tests.Parts.Campaign.Seed(51));
        Assert.InRange(held, long.MinValue, MostHeld);
    }

    [Fact]
    public async Task Reports_OneTokenInSeveralCallsAtOnce_OneIsTaken()
    {
        await using var world = await ReportWorld.StartAsync(Cancelled);
        var all = new ReportCases(world, new Random(2));
        for (var round = 0; round < 20; round++)
        {
            var one = all.Honest();

            var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => world.SendAsync(one, Cancelled)));

            Assert.Equal([200, 401, 401, 401], answers.Select(answer => answer.Status).Order());
            Assert.Equal(3, answers.Count(answer => answer.Code == RefusalCodes.TokenReplayed));
            one.LetIn!.Take(one.Reports, world.Clock.GetUtcNow());
        }

        await AllRowsAsync(world);
    }

    /// <returns>Bytes that are held at the end beside the rows.</returns>
    private async Task<long> RunAsync(int cases, int seed)
    {
        var started = Stopwatch.GetTimestamp();
        await using var world = await ReportWorld.StartAsync(Cancelled);
        var random = new Random(seed);
        var all = new ReportCases(world, random);
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var (letIn, faults) = (new Queue<DateTimeOffset>(), new List<string>());
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var number = 0; number < cases && faults.Count < MostFaults; number++)
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(5000)));
            var one = all.Next();
            try
            {
                var name = $"{await CheckAsync(world, one)} {one.Kind}";
                counts[name] = counts.GetValueOrDefault(name) + 1;
            }
            catch (Exception fault)
            {
                faults.Add($"Seed {seed}, case {number}, {one.Kind}: {fault}");
            }

            if (one.LetIn is not null)
            {
                letIn.Enqueue(world.Clock.GetUtcNow());
            }

            if (number % 500 == 499)
            {
                await CollectAsync(world, letIn);
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        await AllRowsAsync(world);
        Assert.True(cases < 10_000 || all.Kinds.All(kind => counts.Keys.Any(name => name.EndsWith(kind, StringComparison.Ordinal))));
        var held = GC.GetTotalMemory(forceFullCollection: true) - before - world.Rows.Bytes;
        output.WriteLine(
            $"seed {seed}: {cases} calls, {string.Join(", ", counts.Select(count => $"{count.Value} {count.Key}"))}; "
            + $"{world.Rows.Names.Count} rows, {held >> 10} KiB held beside them; {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
        return held;
    }

    /// <returns>The status of the answer.</returns>
    private static async Task<int> CheckAsync(ReportWorld world, ReportCase one)
    {
        var answer = await world.SendAsync(one, Cancelled);
        var written = world.Rows.TakeWritten();
        var messages = world.TakeMessages();
        Assert.InRange(answer.Text.Length, 1, MostOfAnAnswer);

        // A token that was taken is used up, whatever came with it.
        var used = written.Where(row => row.Table == "replays").ToList();
        Assert.Equal(one.LetIn is null ? 0 : 1, used.Count);
        var reports = one.MayBeTaken && answer.Status == 200 ? Read(one.Body) : one.Reports;
        if (one.Status == 200 || (one.MayBeTaken && answer.Status == 200))
        {
            Assert.True(answer.Status == 200, $"{answer.Status} {answer.Text}");
            await TakenAsync(world, one.LetIn!, reports, written.Except(used).ToList());
            Assert.InRange(messages, 0, 1);
            return answer.Status;
        }

        Assert.Equal((one.Status, one.Code), (answer.Status, answer.Code));
        Assert.True(
            one.Field is "*" ? answer.Field is { Length: > 0 } : answer.Field == one.Field, $"{answer.Field} is named, not {one.Field}");
        Assert.Empty(written.Except(used));
        Assert.Equal(0, messages);
        return answer.Status;
    }

    /// <summary>The device's record and its own reports are written, as they are to be, and nothing else.</summary>
    private static async Task TakenAsync(
        ReportWorld world, CampaignDevice device, IReadOnlyList<DeviceReport> reports, IReadOnlyList<RowName> written)
    {
        var kept = device.Take(reports, world.Clock.GetUtcNow());
        Assert.Equal(
            kept.Select(seq => new RowName("reports", device.Id, $"{seq:D19}"))
                .Append(new("devices", device.Channel, device.Id)).ToHashSet(),
            written.ToHashSet());
        await SameAsync(world, device, kept);
    }

    private static async Task SameAsync(ReportWorld world, CampaignDevice device, IEnumerable<long> kept)
    {
        Assert.Equal(JsonSerializer.Serialize(device.Record), JsonSerializer.Serialize(await world.RecordAsync(device, Cancelled)));
        foreach (var seq in kept)
        {
            Assert.Equal(device.Kept[seq], CampaignDevice.Json((await world.KeptAsync(device, seq, Cancelled))!));
        }
    }

    /// <summary>What the timer leaves are the tokens of the last minutes.</summary>
    private static async Task CollectAsync(ReportWorld world, Queue<DateTimeOffset> letIn)
    {
        await world.CollectAsync(Cancelled);
        world.Rows.TakeWritten();
        while (letIn.Count > 0 && letIn.Peek() < world.Clock.GetUtcNow() - ReplayLife)
        {
            letIn.Dequeue();
        }

        Assert.InRange(world.Rows.Names.Count(row => row.Table == "replays"), 0, letIn.Count);
    }

    /// <summary>At the end every row is one that a device was to have.</summary>
    private static async Task AllRowsAsync(ReportWorld world)
    {
        foreach (var device in world.Devices)
        {
            await SameAsync(world, device, device.Kept.Keys);
        }

        var expected = world.Devices.SelectMany(device => device.Kept.Keys.Select(seq => new RowName("reports", device.Id, $"{seq:D19}")))
            .Concat(world.Devices.Where(device => device.Record is not null)
                .Select(device => new RowName("devices", device.Channel, device.Id)))
            .Concat(world.Devices.Select(device => new RowName("access", "device", device.Id)));
        Assert.Equal(expected.ToHashSet(), world.Rows.Names.Where(row => row.Table != "replays").ToHashSet());
    }

    private static IReadOnlyList<DeviceReport> Read(byte[] body) =>
        JsonSerializer.Deserialize(body, ContractsJson.Default.DeviceReportBatch)!.Reports;
}
