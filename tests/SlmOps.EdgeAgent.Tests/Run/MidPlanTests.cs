using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;
using static SlmOps.Contracts.DeviceState;

namespace SlmOps.EdgeAgent.Tests.Run;

/// <summary>The channel changes while a release is on its way: what was taken back is not put in charge.</summary>
public sealed class MidPlanTests
{
    [Theory]
    [InlineData(Downloading)]
    [InlineData(Downloaded)]
    [InlineData(Verified)]
    [InlineData(Staged)]
    [InlineData(SmokeTesting)]
    public async Task Run_WithdrawnOnTheWay_IsNotPutInCharge(DeviceState during)
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = await OnOneAsync(bench);

        await RunAsync(bench, during, () => bench.PublishAsync(one, null, two.Digest));

        Assert.Equal("1", bench.Current!.Version);
        Assert.Equal(Superseded, bench.ReportedStates[^1]);
        Assert.DoesNotContain(Activating, bench.ReportedStates);
    }

    [Fact]
    public async Task Run_SupersededBeforeItsActivation_TheNewerOneComesInItsPlace()
    {
        await using var bench = await Bench.StartAsync();
        var (one, _) = await OnOneAsync(bench);
        var three = await bench.ReleaseAsync("3", ("model.onnx", Models.Good), ("x", [3]));

        await RunAsync(bench, SmokeTesting, () => bench.PublishAsync(one, Bench.Offer(three, rollout: "r-3")));

        Assert.Equal("3", bench.Current!.Version);
        Assert.DoesNotContain(bench.Service.Reports, report => report.Deployment is { State: Activating, Version: var version }
            && version == "2");
    }

    [Fact]
    public async Task Run_PausedBeforeItsActivation_WaitsSaysSoAndGoesOnWhenResumed()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = await OnOneAsync(bench);

        await RunAsync(bench, SmokeTesting, () => bench.PublishAsync(one, Bench.Offer(two) with { Hold = true }));

        Assert.Equal<(ModelVersion, DeviceState)>(("1", SmokeTesting), (bench.Current!.Version, bench.ReportedStates[^1]));
        Assert.Equal(HoldCodes.RolloutPaused, bench.Service.Reports.Last().Hold!.Code);

        await bench.PublishAsync(one, Bench.Offer(two));
        var resumed = await bench.RunAsync();

        Assert.Equal<(ModelVersion, DeviceState)>(("2", Soaking), (bench.Current!.Version, resumed.Deployment!.State));
        Assert.Null(bench.Service.Reports.Last().Hold);
    }

    [Fact]
    public async Task Run_NoAnswerBeforeTheActivation_TheNewestKnownDocumentCounts()
    {
        await using var bench = await Bench.StartAsync();
        await OnOneAsync(bench);

        await RunAsync(bench, SmokeTesting, () =>
        {
            bench.Service.OnCall = _ => (503, "unavailable");
            return Task.CompletedTask;
        });

        Assert.Equal("2", bench.Current!.Version);
    }

    private static async Task<(ReleaseRef One, ReleaseRef Two)> OnOneAsync(Bench bench)
    {
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("x", [2])));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(one, Bench.Offer(two));
        bench.Service.Reports.Clear();
        return (one, two);
    }

    /// <summary>Runs an agent and does something once it has reached a state.</summary>
    private static async Task RunAsync(Bench bench, DeviceState during, Func<Task> then)
    {
        Func<AgentState>? state = null;
        var done = false;
        using var parts = bench.NewParts(afterWrite: _ =>
        {
            if (!done && state?.Invoke().Deployment?.State == during)
            {
                done = true;
                then().GetAwaiter().GetResult();
            }
        });
        state = () => parts.Journal.State;
        var loop = bench.NewLoop(parts);
        loop.Recover();
        Plan.Nothing? nothing;
        do
        {
            nothing = await loop.CycleAsync(TestContext.Current.CancellationToken);
        }
        while (nothing is null);
        Assert.True(done);
        loop.Stop();
    }
}
