using System.Text.Json.Nodes;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;
using SlmOps.Packaging.Tuf;
using static SlmOps.Contracts.DeviceState;

namespace SlmOps.EdgeAgent.Tests.Run;

/// <summary>How low a device goes: sequences that it committed, and the security floor.</summary>
public sealed class FloorTests
{
    // Every wait is half of its bound: long enough that one run tries once.
    private const double Jitter = 0.5;

    [Fact]
    public async Task Run_SequenceBelowOneCommitted_IsRefusedAndTriedAgainLater()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good)));
        await bench.PublishAsync(one);
        await bench.PublishAsync(two);
        await bench.RunAsync();
        await bench.PublishAsync(one);
        bench.Metadata.Set(new(one, 1, 0, []));
        await bench.Metadata.PublishAsync(bench.Clock.GetUtcNow());

        var refused = await bench.RunAsync(jitter: Jitter);

        Assert.Equal((Rejected, ReasonCodes.BelowFloor), (refused.Deployment!.State, refused.Deployment.ReasonCode));
        Assert.Contains("sequence 1; 2 was installed before", refused.Deployment.Reason, StringComparison.Ordinal);
        Assert.Equal("2", bench.Current!.Version);
        Assert.Empty(refused.Condemned);

        bench.Metadata.Set(new(one, 3, 0, []));
        await bench.Metadata.PublishAsync(bench.Clock.GetUtcNow());
        bench.Clock.Advance(TimeSpan.FromHours(2));
        var state = await bench.RunAsync(jitter: Jitter);

        Assert.Equal<(DeviceState, ModelVersion, long)>(
            (Committed, "1", 3L),
            (state.Deployment!.State, bench.Current!.Version, state.FloorOf("tiny").Sequence));
    }

    [Fact]
    public async Task Run_FallbackUnderTheSecurityFloor_NothingRuns()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("fails-soak", [])));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(one, Bench.Offer(two));
        bench.Metadata.Set(new(two, 2, 2, []));
        await bench.Metadata.PublishAsync(bench.Clock.GetUtcNow());
        await bench.RunAsync();
        bench.Clock.Advance(TimeSpan.FromSeconds(61));

        var state = await bench.RunAsync();

        Assert.Null(bench.Current);
        var end = Assert.Single(bench.Service.Reports, report => report.Deployment?.State == FailedUnableToRollback).Deployment!;
        Assert.Contains("under the security floor 2", end.Reason, StringComparison.Ordinal);

        // Nor is it installed again as what the channel calls stable.
        Assert.Equal<(DeviceState, string?, ModelVersion)>(
            (Rejected, ReasonCodes.BelowFloor, "1"),
            (state.Deployment!.State, state.Deployment.ReasonCode, state.Deployment.Release.Version));
    }

    [Fact]
    public async Task Run_FallbackListedAnewAboveTheFloor_IsTaken()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("fails-soak", [])));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(one, Bench.Offer(two));
        bench.Metadata.Set(new(one, 3, 3, []));
        bench.Metadata.Set(new(two, 4, 3, []));
        await bench.Metadata.PublishAsync(bench.Clock.GetUtcNow());
        await bench.RunAsync();
        bench.Clock.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal<(DeviceState, ModelVersion)>(
            (FailedRollbackComplete, "1"),
            ((await bench.RunAsync()).Deployment!.State, bench.Current!.Version));
    }

    [Fact]
    public async Task Run_WithdrawnAndTheSlotBeforeUnderTheFloor_InstallsStableInstead()
    {
        await using var bench = await Bench.StartAsync();
        var one = await bench.ReleaseAsync("1", ("model.onnx", Models.Good));
        var two = await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("x", [2]));
        var three = await bench.ReleaseAsync("3", ("model.onnx", Models.Good), ("x", [3]));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(two);
        bench.Metadata.Set(new(two, 2, 2, []));
        await bench.Metadata.PublishAsync(bench.Clock.GetUtcNow());
        await bench.RunAsync();
        await bench.PublishAsync(three, null, two.Digest);

        var state = await bench.RunAsync();

        Assert.Equal<(DeviceState, ModelVersion)>((Committed, "3"), (state.Deployment!.State, bench.Current!.Version));
        Assert.DoesNotContain(bench.Service.Reports, report => report.Deployment?.State == RollingBack);
    }

    [Fact]
    public async Task Run_BackToAReleaseNoSlotHolds_CommitsItUnderItsNewSequence()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("x", [2])));
        await bench.PublishAsync(one);
        await bench.PublishAsync(two);
        await bench.RunAsync();
        await bench.PublishAsync(one, null, two.Digest);

        var state = await bench.RunAsync();

        Assert.Equal<(DeviceState, ModelVersion)>((Committed, "1"), (state.Deployment!.State, bench.Current!.Version));
        Assert.Equal((3L, 3L), (state.ActiveContent!.Sequence, state.FloorOf("tiny").Sequence));
    }

    [Fact]
    public async Task Run_FirstCandidateWithdrawnWhileItSoaks_RunsOnWithAllItsFiles()
    {
        await using var bench = await Bench.StartAsync();
        var one = await bench.ReleaseAsync("1", ("model.onnx", Models.Good));
        await bench.PublishAsync(null, Bench.Offer(one));
        await bench.RunAsync();
        await bench.PublishAsync(null, null, one.Digest);

        Assert.Equal(FailedUnableToRollback, (await bench.RunAsync()).Deployment!.State);

        Assert.True(File.Exists(Path.Combine(bench.Data, bench.Current!.Folder, "model.onnx")));
    }

    [Fact]
    public async Task Run_Committed_TheListingAndItsDeltasAreKept()
    {
        await using var bench = await Bench.StartAsync();
        var one = await bench.ReleaseAsync("1", ("model.onnx", Models.Good));
        await bench.PublishAsync(one);
        var offer = new DeltaOffer(Digest.Of([1]), Digest.Of([2]), new(Digest.Of([3]), 4));
        bench.Metadata.Set(new(one, 7, 5, [offer]));
        await bench.Metadata.PublishAsync(bench.Clock.GetUtcNow());

        var state = await bench.RunAsync();

        var listed = Assert.Single(state.Known).Listed!;
        Assert.Equal((7L, offer), (listed.Sequence, Assert.Single(listed.Deltas)));
        Assert.Equal(new ReleaseFloor(7, 5), state.FloorOf("tiny"));
        var again = new StateFile(bench.Folder.State, 0);
        Assert.Null(again.Load());
        Assert.Equal(offer, Assert.Single(again.State.Known[0].Listed!.Deltas));
    }

    [Fact]
    public async Task Run_StateFromBeforeThereWereFloors_IsTakenUp()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        await bench.RunAsync();
        var old = (JsonObject)JsonNode.Parse(File.ReadAllText(bench.Folder.State))!;
        Assert.True(old.Remove("floors"));
        Assert.True(((JsonObject)old["a"]!).Remove("sequence"));
        Assert.True(((JsonObject)old["deployment"]!).Remove("listed"));
        Assert.True(((JsonObject)old["known"]![0]!).Remove("listed"));
        File.WriteAllText(bench.Folder.State, old.ToJsonString());
        File.Delete(bench.Folder.Freshness);
        var two = await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("fails-soak", []));
        await bench.PublishAsync(bench.Metadata["1"].Release, Bench.Offer(two));
        Assert.Equal(Soaking, (await bench.RunAsync()).Deployment!.State);
        bench.Clock.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal<(DeviceState, ModelVersion)>(
            (FailedRollbackComplete, "1"),
            ((await bench.RunAsync()).Deployment!.State, bench.Current!.Version));
    }
}
