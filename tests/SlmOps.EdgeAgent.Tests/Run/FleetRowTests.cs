using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;
using static SlmOps.Contracts.DeviceState;

namespace SlmOps.EdgeAgent.Tests.Run;

/// <summary>What happens to ordinary devices in the middle of a rollout, and is nobody's verdict on a release.</summary>
public sealed class FleetRowTests
{
    [Fact]
    public async Task Soak_AgentStoppedAndStartedFiveTimes_IsCommittedAtItsFirstTry()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = await OnOneAsync(bench);
        await bench.PublishAsync(one, Bench.Offer(two));
        for (var stop = 0; stop < 5; stop++)
        {
            Assert.Equal(Soaking, (await bench.RunAsync()).Deployment!.State);
            bench.Clock.Advance(TimeSpan.FromSeconds(5));
        }

        bench.Clock.Advance(TimeSpan.FromSeconds(60));
        var state = await bench.RunAsync();

        Assert.Equal((Committed, 1, 0), (state.Deployment!.State, state.Deployment.Attempt, state.Deployment.Restarts));
    }

    [Fact]
    public async Task Soak_PowerCutsThreeNights_AreReportedAndCostNothing()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = await OnOneAsync(bench);
        await bench.PublishAsync(one, Bench.Offer(two, soakSeconds: 5 * 24 * 3600));
        for (var night = 0; night < 4; night++)
        {
            await CutAsync(bench);
            bench.Clock.Advance(TimeSpan.FromDays(1));
        }

        var state = await bench.RunAsync();

        Assert.Equal((Soaking, 1), (state.Deployment!.State, state.Deployment.Attempt));
        Assert.Equal(4, bench.Service.Reports.Last(report => report.Deployment is not null).Deployment!.Restarts);
    }

    [Fact]
    public async Task Soak_SupersededCandidateWithdrawn_GoesBackToStableAndOnToTheNewer()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = await OnOneAsync(bench);
        var three = await bench.ReleaseAsync("3", ("model.onnx", Models.Good), ("x", [3]));
        await bench.PublishAsync(one, Bench.Offer(two, soakSeconds: 3600));
        await bench.RunAsync();
        await bench.PublishAsync(one, Bench.Offer(three, rollout: "r-3"), two.Digest);

        var state = await bench.RunAsync();

        Assert.Equal<(DeviceState, ModelVersion)>((Soaking, "3"), (state.Deployment!.State, bench.Current!.Version));
        Assert.Equal<ModelVersion?>("1", state.WayBack?.Release.Version);
        Assert.Empty(state.Condemned);

        // Offered again on purpose, it is taken.
        await bench.PublishAsync(one, Bench.Offer(two, rollout: "r-4"), three.Digest);
        Assert.Equal<ModelVersion>("2", (await bench.RunAsync()).ActiveContent!.Release.Version);
    }

    [Fact]
    public async Task Withdrawn_OtherSlotHoldsACandidateThatNeverPassed_StableComesInItsPlace()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = await OnOneAsync(bench);
        var three = await bench.ReleaseAsync("3", ("model.onnx", Models.Good), ("x", [3]));
        await bench.PublishAsync(one, Bench.Offer(two, soakSeconds: 0));
        Assert.Equal(Committed, (await bench.RunAsync()).Deployment!.State);
        await bench.PublishAsync(one, Bench.Offer(three, rollout: "r-3"));
        var soaking = await bench.RunAsync();
        Assert.Equal<(ModelVersion, SlotContent?)>(("3", null), (soaking.ActiveContent!.Release.Version, soaking.WayBack));
        bench.Service.Reports.Clear();
        await bench.PublishAsync(one, null, three.Digest);

        var state = await bench.RunAsync();

        Assert.Equal<(DeviceState, ModelVersion)>((Committed, "1"), (state.Deployment!.State, bench.Current!.Version));
        var second = await bench.ManifestOfAsync(two);
        Assert.DoesNotContain(bench.Service.Reports, report => report.Deployment?.Active == second);
    }

    [Fact]
    public async Task Soak_ChannelAsksForAnother_SaysItIsBusyAndWhenThatEnds()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = await OnOneAsync(bench);
        await bench.PublishAsync(one, Bench.Offer(two, soakSeconds: 60));
        await bench.RunAsync();
        var three = await bench.ReleaseAsync("3", ("model.onnx", Models.Good), ("x", [3]));
        await bench.PublishAsync(one, Bench.Offer(three, rollout: "r-3"));

        await bench.RunAsync();
        await bench.RunAsync();

        var hold = Assert.Single(bench.Service.Reports, report => report is { Hold: not null, Inventory: null }).Hold!;
        Assert.Equal(HoldCodes.Busy, hold.Code);
        Assert.Contains("2026-01-01 00:01:00Z", hold.Reason, StringComparison.Ordinal);
        bench.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal<ModelVersion>("3", (await bench.RunAsync()).ActiveContent!.Release.Version);
        Assert.Null(bench.Service.Reports.Last().Hold);
    }

    [Fact]
    public async Task Clock_BeyondTheDocument_IsSaidOnceWithItsTimeAndTakenBackWhenOver()
    {
        await using var bench = await Bench.StartAsync();
        var (_, two) = await OnOneAsync(bench);
        await bench.PublishAsync(two);
        bench.Clock.Advance(TimeSpan.FromDays(8));

        await bench.RunAsync();
        await bench.RunAsync();

        var hold = Assert.Single(bench.Service.Reports, report => report is { Hold: not null, Inventory: null }).Hold!;
        Assert.Equal(HoldCodes.ChannelExpired, hold.Code);
        Assert.Contains("2026-01-09 00:00:00Z", hold.Reason, StringComparison.Ordinal);
        await bench.PublishAsync(two);
        Assert.Equal(Committed, (await bench.RunAsync()).Deployment!.State);
        Assert.Null(bench.Service.Reports.Last().Hold);
    }

    [Fact]
    public async Task Channel_GivesNothingToFollowForAWhile_IsSaidOnce()
    {
        await using var bench = await Bench.StartAsync();
        await OnOneAsync(bench);
        using var parts = bench.NewParts();
        var loop = bench.NewLoop(parts);
        loop.Recover();
        bench.Service.OnCall = context => context.Request.Path.StartsWithSegments("/api/v1/channels") ? (503, "unavailable") : null;
        for (var look = 0; look < 5; look++)
        {
            Assert.Equal(look < 3 ? 0 : 1, bench.Service.Reports.Count(report => report.Hold?.Code == HoldCodes.ChannelTrouble));
            await loop.CycleAsync(TestContext.Current.CancellationToken);
        }

        bench.Service.OnCall = null;
        await loop.CycleAsync(TestContext.Current.CancellationToken);

        Assert.Single(bench.Service.Reports, report => report.Hold is not null);
        Assert.Null(bench.Service.Reports.Last().Hold);
    }

    [Fact]
    public async Task Numbers_BelowWhatTheServiceKnows_GoOnAboveAndTheStateIsSaidOnceMore()
    {
        await using var bench = await Bench.StartAsync();
        var highest = Bench.Start.AddDays(1).ToUnixTimeMilliseconds();
        var taken = new List<DeviceReport>();
        bench.Service.OnReports = async context =>
        {
            var batch = await JsonSerializer.DeserializeAsync(context.Request.Body, ContractsJson.Default.DeviceReportBatch);
            taken.AddRange(batch!.Reports.Where(report => report.Seq > highest));
            highest = Math.Max(highest, batch.Reports[^1].Seq);
            await JsonSerializer.SerializeAsync(
                context.Response.Body,
                new(batch.Reports[^1].Seq) { HighestSeq = highest },
                ContractsJson.Default.DeviceReportReceipt);
            return true;
        };
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));

        await bench.RunAsync();

        Assert.Equal(Committed, taken[^1].Deployment!.State);
        Assert.NotNull(taken[0].Inventory);
        Assert.Equal(taken.Select(report => report.Seq).Order().Distinct(), taken.Select(report => report.Seq));
    }

    [Fact]
    public async Task Instance_IsTheFoldersOwn()
    {
        await using var bench = await Bench.StartAsync();
        await OnOneAsync(bench);
        await bench.RunAsync();
        var first = Assert.Single(bench.Service.Reports.Select(report => report.Instance).Distinct());
        Assert.Matches("^[0-9a-f]{32}$", first);

        var data = bench.Data;
        bench.Fork(data, "copy");
        await bench.RunAsync();
        Assert.Equal(first, Assert.Single(bench.Service.Reports.Select(report => report.Instance).Distinct()));

        Directory.Delete(bench.Data, recursive: true);
        bench.Service.Reports.Clear();
        await bench.RunAsync();
        Assert.NotEqual(first, Assert.Single(bench.Service.Reports.Select(report => report.Instance).Distinct()));
    }

    [Fact]
    public async Task Disk_TakesNothing_IsSaidOnceWithAReportThatIsStoredNowhere()
    {
        await using var bench = await Bench.StartAsync();
        await OnOneAsync(bench);
        var full = false;
        using var parts = bench.NewParts(beforeWrite: _ =>
        {
            if (full)
            {
                throw new IOException("No space left on device", 28);
            }
        });
        var loop = bench.NewLoop(parts);
        loop.Recover();
        await loop.CycleAsync(TestContext.Current.CancellationToken);
        await bench.PublishAsync(await bench.ReleaseAsync("3", ("model.onnx", Models.Good), ("x", [3])));
        full = true;
        for (var tries = 0; tries < 2; tries++)
        {
            var fault = await Assert.ThrowsAsync<IOException>(() => loop.CycleAsync(TestContext.Current.CancellationToken));
            await loop.TellOfDiskAsync(fault, TestContext.Current.CancellationToken);
        }

        var said = Assert.Single(bench.Service.Reports, report => report.Incident is not null);
        Assert.Equal("disk-full", said.Incident!.Code);
        full = false;
        await loop.CycleAsync(TestContext.Current.CancellationToken);
        Assert.Equal<ModelVersion>("3", bench.Current!.Version);
        Assert.True(bench.Service.Reports.Last().Seq > said.Seq);
    }

    private static async Task<(ReleaseRef One, ReleaseRef Two)> OnOneAsync(Bench bench)
    {
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("x", [2])));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        bench.Service.Reports.Clear();
        return (one, two);
    }

    /// <summary>Starts an agent, lets it settle, and takes its power.</summary>
    private static async Task CutAsync(Bench bench)
    {
        using var parts = bench.NewParts();
        var loop = bench.NewLoop(parts);
        loop.Recover();
        while (await loop.CycleAsync(TestContext.Current.CancellationToken) is null)
        {
        }
    }
}
