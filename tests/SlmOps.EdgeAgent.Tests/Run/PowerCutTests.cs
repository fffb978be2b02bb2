using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Run;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests.Run;

/// <summary>The power goes before or after each write of the journal, and the device ends well all the same.</summary>
public sealed class PowerCutTests
{
    private const int EnoughWrites = 200;

    [Theory]
    [InlineData("good", true, DeviceState.Committed, "2")]
    [InlineData("good", false, DeviceState.Committed, "2")]
    [InlineData("fails-smoke", true, DeviceState.FailedNoStateChange, "1")]
    [InlineData("fails-smoke", false, DeviceState.FailedNoStateChange, "1")]
    [InlineData("fails-soak", true, DeviceState.FailedRollbackComplete, "1")]
    [InlineData("fails-soak", false, DeviceState.FailedRollbackComplete, "1")]
    public async Task Candidate_PowerCutAtEachWrite_EndsWhereItShould(string kind, bool before, DeviceState end, string version)
    {
        await using var bench = await Bench.StartAsync();
        var one = await bench.ReleaseAsync("1", ("model.onnx", Models.Good));
        var two = await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("weights/w.bin", Models.Random(5000, 2)), (kind, [1]));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(one, Bench.Offer(two));
        var writes = await CutEachWriteAsync(bench, before, async write =>
        {
            await bench.RunAsync();
            bench.Clock.Advance(TimeSpan.FromSeconds(61));
            var state = await bench.RunAsync();

            Assert.True(
                state.Deployment!.State == end,
                $"A cut at write {write} ends in {state.Deployment.State}: {state.Deployment.Reason}");
            Assert.Equal(version, bench.Current!.Version);
            AssertReports([.. bench.Service.Reports], end, write);
        }
        );
        Assert.True(writes >= 13, $"Only {writes} writes were seen.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Delta_PowerCutAtEachWrite_EndsCommittedAndIsTheWholeModel(bool before)
    {
        await using var bench = await Bench.StartAsync();
        var weights = Models.Random(200_000, 3);
        var one = await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("w.bin", weights));
        var two = await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("w.bin", Models.Nudge(weights)));
        await bench.OfferDeltaAsync(one, two);
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(two);
        bench.Service.Requests.Clear();
        var writes = await CutEachWriteAsync(bench, before, async write =>
        {
            var state = await bench.RunAsync();

            Assert.Equal<(DeviceState, ModelVersion)>((DeviceState.Committed, "2"), (state.Deployment!.State, bench.Current!.Version));
            AssertReports([.. bench.Service.Reports], DeviceState.Committed, write);
        });
        Assert.True(writes >= 10, $"Only {writes} writes were seen.");
        Assert.DoesNotContain(
            bench.Service.Requests,
            request => request.Path.EndsWith(Digest.Of(Models.Nudge(weights)).Hex, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Withdrawal_PowerCutAtEachWrite_EndsOnTheReleaseBefore(bool before)
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("x", [2])));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(two);
        await bench.RunAsync();
        await bench.PublishAsync(one, null, two.Digest);
        var writes = await CutEachWriteAsync(bench, before, async write =>
        {
            var state = await bench.RunAsync();

            Assert.Equal<(ModelVersion, DeviceState)>(
                ("1", DeviceState.FailedRollbackComplete),
                (bench.Current!.Version, state.Deployment!.State));
            AssertReports([.. bench.Service.Reports], DeviceState.FailedRollbackComplete, write);
        });
        Assert.True(writes >= 4, $"Only {writes} writes were seen.");
    }

    [Theory]
    [InlineData("good", true, "2")]
    [InlineData("good", false, "2")]
    [InlineData("adapters/fails-smoke", true, "1")]
    [InlineData("adapters/fails-soak", false, "1")]
    public async Task Composition_PowerCutAtEachWrite_EndsWithTheOneThatHolds(string kind, bool before, string version)
    {
        await using var bench = await Bench.StartAsync();
        var release = await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("config.json", "{}"u8.ToArray()));
        var first = await bench.AdaptAsync(release, "1", [("adapters/a.onnx_adapter", [1])]);
        await bench.PublishAsync(release, [first]);
        await bench.RunAsync();
        var second = await bench.AdaptAsync(
            release,
            "2",
            [("adapters/b.onnx_adapter", [2]), (kind == "good" ? "adapters/good" : kind, [3]), ("config.json", "{\"seed\":1}"u8.ToArray())],
            soakSeconds: 60);
        await bench.PublishAsync(release, [second, first]);
        var writes = await CutEachWriteAsync(
            bench, before,
            async write =>
            {
                await bench.RunAsync();
                bench.Clock.Advance(TimeSpan.FromSeconds(61));
                var state = await bench.RunAsync();

                Assert.True(
                    state.ActiveContent!.Adaptation!.Version == version,
                    $"A cut at write {write} ends with {state.ActiveContent.Adaptation.Version}.");
                Assert.Equal(state.ActiveContent.Adaptation.Composition, bench.Current!.Composition);
                var slots = new ModelSlots(
                    bench.Folder,
                    new(bench.Folder),
                    new(new(bench.Folder), bench.ReleaseKey.PublicKey, new(bench.Folder)));
                Assert.Null(
                    await slots.FindDamageAsync(
                        state.Active!.Value,
                        state.ActiveContent.Variant,
                        state.ActiveContent.Adaptation,
                        TestContext.Current.CancellationToken));
            },
            patched: ["config.json"]);
        Assert.True(writes >= 8, $"Only {writes} writes were seen.");
    }

    [Fact]
    public async Task SmokeTest_CutsPowerEachTime_IsGivenUpAfterThreeTries()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("x", [2])));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(one, Bench.Offer(two));
        var cuts = 0;
        long told = 0;
        while (
            await RunUntilAsync(
                bench,
                state => state.Unqueued is { Inventory: null, Deployment.State: DeviceState.SmokeTesting } report
                    && report.Seq != told))
        {
            var file = new StateFile(bench.Folder.State, 0);
            file.Load();
            told = file.State.LastSeq;
            Assert.True(++cuts < 10, "It is tried for ever.");
        }

        var state = await bench.RunAsync();
        Assert.Equal(3, cuts);
        Assert.Equal((DeviceState.FailedNoStateChange, "too-many-attempts"), (state.Deployment!.State, state.Deployment.ReasonCode));
        Assert.Equal("1", bench.Current!.Version);
        Assert.Equal(two.Digest, Assert.Single(state.Condemned).Release);
    }

    /// <summary>
    /// Runs the agent from the same data folder again and again, cut at the first write, the second, and so on until
    /// one run comes through, and each time lets it start again and end.
    /// </summary>
    /// <returns>How many runs were cut.</returns>
    private static async Task<int> CutEachWriteAsync(Bench bench, bool before, Func<int, Task> end, params string[] patched)
    {
        var data = bench.Data;
        for (var write = 1; write < EnoughWrites; write++)
        {
            bench.Fork(data, $"data-{write}");
            var wasCut = await RunUntilCutAsync(bench, write, before);
            await AssertWholeAsync(bench, $"after a cut at write {write}", patched);
            await end(write);
            await AssertWholeAsync(bench, $"at the end, after a cut at write {write}", patched);
            if (!wasCut)
            {
                return write - 1;
            }
        }

        throw new InvalidOperationException("The scenario does not end.");
    }

    private sealed class PowerCutException : Exception;

    private static Task<bool> RunUntilCutAsync(Bench bench, int write, bool before)
    {
        void Cut(int number)
        {
            if (number == write)
            {
                throw new PowerCutException();
            }
        }

        return RunCutAsync(bench, () => before ? bench.NewParts(beforeWrite: Cut) : bench.NewParts(afterWrite: Cut));
    }

    private static Task<bool> RunUntilAsync(Bench bench, Func<AgentState, bool> cut)
    {
        AgentParts? parts = null;
        return RunCutAsync(bench, () => parts = bench.NewParts(afterWrite: _ =>
        {
            if (cut(parts!.Journal.State))
            {
                throw new PowerCutException();
            }
        }));
    }

    /// <summary>Runs an agent over its whole deployment; true when the power went on the way.</summary>
    private static async Task<bool> RunCutAsync(Bench bench, Func<AgentParts> start)
    {
        try
        {
            using var parts = start();
            var loop = bench.NewLoop(parts);
            loop.Recover();
            await loop.CycleAsync(TestContext.Current.CancellationToken);
            bench.Clock.Advance(TimeSpan.FromSeconds(61));
            await loop.CycleAsync(TestContext.Current.CancellationToken);
            return false;
        }
        catch (PowerCutException)
        {
            return true;
        }
    }

    /// <summary>What the device says it runs is complete to the last byte, at any moment.</summary>
    private static async Task AssertWholeAsync(Bench bench, string when, string[] patched)
    {
        var current = bench.Current;
        Assert.True(current is not null, $"The device runs nothing {when}.");
        var store = new ContentStore(bench.Folder);
        var manifest = await store.ReadManifestAsync(new(current.Manifest, 0), TestContext.Current.CancellationToken);
        foreach (var file in manifest.Files.Where(file => !patched.Contains(file.Path)))
        {
            var path = Path.Combine(bench.Data, current.Folder, file.Path);
            Assert.Null(await ContentStore.FindDamageAsync(path, new(file.Digest, file.Size), TestContext.Current.CancellationToken));
        }
    }

    private static void AssertReports(IReadOnlyList<DeviceReport> reports, DeviceState end, int write)
    {
        var seqs = reports.Select(report => report.Seq).ToList();
        Assert.Equal(seqs.Order().Distinct(), seqs);
        Assert.True(reports.Count(report => report.Deployment?.State == end) == 1, $"A cut at write {write} loses or repeats the end.");
    }
}
