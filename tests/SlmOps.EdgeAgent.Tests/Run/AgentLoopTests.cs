using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;
using static SlmOps.Contracts.DeviceState;

namespace SlmOps.EdgeAgent.Tests.Run;

public sealed class AgentLoopTests
{
    [Fact]
    public async Task Run_StableRelease_IsInstalledStateByStateAndReported()
    {
        await using var bench = await Bench.StartAsync();
        var release = await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("weights/w.bin", Models.Random(300_000, 1)));
        await bench.PublishAsync(release);

        var state = await bench.RunAsync();

        Assert.Equal(Committed, state.Deployment!.State);
        Assert.Equal(
            [Pending, Retrieved, Downloading, Downloaded, Verified, Staged, SmokeTesting, Activating, Soaking, Committed],
            bench.ReportedStates);
        var current = bench.Current!;
        Assert.Equal<(string, ModelName, ModelVersion, string, Digest)>(
            ("slots/a", "tiny", "1", "int8", release.Digest),
            (current.Folder, current.Model, current.Version, current.Variant, current.Release));
        Assert.Equal(Models.Random(300_000, 1), File.ReadAllBytes(Path.Combine(bench.Data, current.Folder, "weights", "w.bin")));
        var last = bench.Service.Reports.Last().Deployment!;
        Assert.True(last.Verified);
        Assert.Equal(current.Manifest, last.Active);
        Assert.Equal(["retrieve", "download", "verify", "stage", "smoke", "activate", "soak"], last.PhaseMs!.Keys);
    }

    [Fact]
    public async Task Run_KeyAndTrace_GoToTheServiceAndTheKeyNeverToStorage()
    {
        await using var bench = await Bench.StartAsync();
        var trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        var release = await bench.ReleaseAsync("1", ("model.onnx", Models.Good));
        await bench.PublishAsync(new ChannelDocument
        {
            Schema = 1,
            Channel = "stable",
            Version = 1,
            IssuedAt = Bench.Start,
            Expires = Bench.Start.AddDays(1),
            Stable = release,
            Withdrawn = [],
            Traceparent = trace,
        });

        await bench.RunAsync();

        var storage = bench.Service.Requests.Where(request => request.Path.StartsWith("/storage/", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(storage);
        Assert.All(storage, request => Assert.Null(request.Key));
        Assert.All(bench.Service.Requests.Except(storage), request => Assert.Equal(
            request.Path != "/api/v1/enroll", request.Key?.StartsWith("Bearer ey", StringComparison.Ordinal) == true));
        Assert.All(bench.Service.Requests.Skip(2), request => Assert.Equal(trace, request.Traceparent));
        Assert.Equal(trace, bench.Service.Reports.Last().Traceparent);
    }

    [Fact]
    public async Task Run_SameDocumentAgain_AsksWithItsTagAndDoesNothing()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        using var parts = bench.NewParts();
        var loop = bench.NewLoop(parts);
        loop.Recover();
        await loop.CycleAsync(TestContext.Current.CancellationToken);
        var reports = bench.Service.Reports.Count;

        var nothing = await loop.CycleAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Because.AlreadyActive, nothing!.Because);
        Assert.NotNull(bench.Service.Requests.Last().IfNoneMatch);
        Assert.Equal(reports, bench.Service.Reports.Count);
    }

    [Fact]
    public async Task Run_CandidateInOpenRing_SoaksThenCommitsIntoTheOtherSlot()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("x", [2])));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(one, Bench.Offer(two));

        var soaking = await bench.RunAsync();
        Assert.Equal(Soaking, soaking.Deployment!.State);
        Assert.Equal<(string, ModelVersion)>(("slots/b", "2"), (bench.Current!.Folder, bench.Current.Version));
        bench.Clock.Advance(TimeSpan.FromSeconds(61));
        var committed = await bench.RunAsync();

        Assert.Equal(Committed, committed.Deployment!.State);
        Assert.Equal(
            ("r-1", "canary"),
            (bench.Service.Reports.Last().Deployment!.RolloutId, bench.Service.Reports.Last().Deployment!.Ring));
        Assert.NotNull(committed.WayBack);
    }

    [Fact]
    public async Task Run_SmokeTestFails_NeverBecomesActiveAndIsNotTriedAgain()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("fails-smoke", [])));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(one, Bench.Offer(two));

        var state = await bench.RunAsync();

        Assert.Equal((FailedNoStateChange, "smoke-disagrees"), (state.Deployment!.State, state.Deployment.ReasonCode));
        Assert.Equal("1", bench.Current!.Version);
        Assert.DoesNotContain(Activating, bench.ReportedStates.Skip(10));
        Assert.Equal(two.Digest, Assert.Single(state.Condemned).Release);

        var reports = bench.Service.Reports.Count;
        await bench.RunAsync();
        Assert.Equal(reports + 1, bench.Service.Reports.Count); // the inventory of the new start alone
    }

    [Fact]
    public async Task Run_ModelCrashesItsTestEachTime_TheAgentLivesAndCondemnsItAtTheThird()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("crashes", [])));

        for (var attempt = 1; attempt < 3; attempt++)
        {
            // One crash may be the doing of the system's out-of-memory killer.
            var state = await bench.RunAsync(jitter: 0.5);
            Assert.Equal(
                (FailedNoStateChange, "smoke-interrupted", attempt),
                (state.Deployment!.State, state.Deployment.ReasonCode, state.Deployment.Attempt));
            Assert.Empty(state.Condemned);
            bench.Clock.Advance(TimeSpan.FromMinutes(11));
        }

        var last = await bench.RunAsync();

        Assert.Equal((FailedNoStateChange, "smoke-crashed"), (last.Deployment!.State, last.Deployment.ReasonCode));
        Assert.Single(last.Condemned);
        Assert.Null(bench.Current);
    }

    [Fact]
    public async Task Run_FailsAtTheEndOfTheSoak_GoesBackByItselfAndCondemns()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("fails-soak", [])));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(one, Bench.Offer(two));
        await bench.RunAsync();
        bench.Clock.Advance(TimeSpan.FromSeconds(61));

        var state = await bench.RunAsync();

        Assert.Equal(FailedRollbackComplete, state.Deployment!.State);
        Assert.Equal<(string, ModelVersion)>(("slots/a", "1"), (bench.Current!.Folder, bench.Current.Version));
        Assert.Equal([RollingBack, FailedRollbackComplete], bench.ReportedStates.TakeLast(2));
        Assert.Equal(two.Digest, Assert.Single(state.Condemned).Release);
    }

    [Fact]
    public async Task Run_FirstModelEverFailsItsSoak_NothingRuns()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(null, Bench.Offer(await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("fails-soak", []))));
        await bench.RunAsync();
        bench.Clock.Advance(TimeSpan.FromSeconds(61));

        var state = await bench.RunAsync();

        Assert.Equal(FailedUnableToRollback, state.Deployment!.State);
        Assert.Null(bench.Current);
        Assert.Null(state.Active);
    }

    [Fact]
    public async Task Run_CommittedReleaseWithdrawn_GoesBackToTheSlotBefore()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("x", [2])));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(two);
        Assert.Equal("2", (await bench.RunAsync()).ActiveContent!.Release.Version);
        var requests = bench.Service.Requests.Count;
        await bench.PublishAsync(one, null, two.Digest);

        var state = await bench.RunAsync();

        Assert.Equal((FailedRollbackComplete, "withdrawn"), (state.Deployment!.State, state.Deployment.ReasonCode));
        Assert.Equal("1", bench.Current!.Version);
        Assert.Empty(state.Condemned);
        Assert.DoesNotContain(
            bench.Service.Requests.Skip(requests),
            request => request.Path.StartsWith("/storage/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_WayBackDamagedWhenWithdrawn_InstallsStableAnew()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("x", [2])));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(two);
        await bench.RunAsync();
        File.Delete(Path.Combine(bench.Data, "slots", "a", "model.onnx"));
        File.Delete(Path.Combine(bench.Folder.Blobs, Digest.Of(Models.Good).Hex)); // or the slot is mended from there
        await bench.PublishAsync(one, null, two.Digest);

        var state = await bench.RunAsync();

        Assert.Equal<(DeviceState, ModelVersion)>((Committed, "1"), (state.Deployment!.State, bench.Current!.Version));
        Assert.Contains(FailedUnableToRollback, bench.ReportedStates);
    }

    [Fact]
    public async Task Run_SameReleaseInANewRollout_SaysItIsInstalledOnce()
    {
        await using var bench = await Bench.StartAsync();
        var one = await bench.ReleaseAsync("1", ("model.onnx", Models.Good));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(one, Bench.Offer(one, rollout: "r-2"));

        await bench.RunAsync();
        await bench.RunAsync();

        var said = Assert.Single(bench.Service.Reports, report => report.Deployment?.State == AlreadyInstalled).Deployment!;
        Assert.Equal(("r-2", bench.Current!.Manifest), (said.RolloutId, said.Active));
    }

    [Fact]
    public async Task Run_OldReleasesGone_TheStoreHoldsTwoAtMost()
    {
        await using var bench = await Bench.StartAsync();
        foreach (var version in new[] { "1", "2", "3" })
        {
            await bench.PublishAsync(
                await bench.ReleaseAsync(version, ("model.onnx", Models.Good), ("w.bin", Models.Random(1000, version[0]))));
            await bench.RunAsync();
        }

        // Two manifests with what was signed of them (index and bundle), the one model they share, two weights.
        Assert.Equal(9, Directory.GetFiles(Path.Combine(bench.Data, "store", "blobs", "sha256")).Length);
    }
}
