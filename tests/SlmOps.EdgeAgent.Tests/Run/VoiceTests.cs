using System.Text.Json;
using Microsoft.AspNetCore.Http;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Tests.Fakes;
using static SlmOps.Contracts.DeviceState;

namespace SlmOps.EdgeAgent.Tests.Run;

/// <summary>What the service hears while something else goes on.</summary>
public sealed class VoiceTests
{
    private const int Deadline = 30;

    // Between two looks at what real parts did; no outcome depends on it.
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(5);

    [Fact]
    public async Task Download_ThatStandsStill_IsHeardEveryThirdOfTheDeadlineWithItsBytes()
    {
        await using var bench = await Bench.StartAsync();
        var weights = Models.Random(2_000_000, 5);
        var release = await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("w.bin", weights));
        await bench.PublishAsync(null, Bench.Offer(release) with { DeadlineSeconds = Deadline });
        var goOn = new TaskCompletionSource();
        bench.Service.OnBlob = async (context, digest) =>
        {
            if (digest != Digest.Of(weights) || context.Request.Headers.Range.Count > 0)
            {
                return false;
            }

            context.Response.ContentLength = weights.Length;
            await context.Response.Body.WriteAsync(weights.AsMemory(0, 1_000_000), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await goOn.Task;
            await context.Response.Body.WriteAsync(weights.AsMemory(1_000_000), context.RequestAborted);
            return true;
        };
        using var parts = bench.NewParts();
        var loop = bench.NewLoop(parts);
        loop.Recover();
        var cycle = loop.CycleAsync(TestContext.Current.CancellationToken);
        await UntilAsync(cycle, () => parts.Journal.Fetched?.Invoke() >= 1_000_000);

        for (var beats = 1; beats <= 2; beats++)
        {
            bench.Clock.Advance(TimeSpan.FromSeconds(Deadline / 3));
            await UntilAsync(cycle, () => In(bench, Downloading).Count > beats && parts.Reporter.IsEmpty);
        }

        Assert.Equal(0, In(bench, Downloading)[0].BytesFetched);
        Assert.All(In(bench, Downloading).Skip(1), status => Assert.InRange(status.BytesFetched!.Value, 1_000_000, 1_100_000));
        Assert.All(In(bench, Downloading), status => Assert.True(status.BytesWhole >= weights.Length));
        goOn.SetResult();
        await cycle;
        Assert.Equal(Soaking, bench.ReportedStates[^1]);
    }

    [Fact]
    public async Task Soak_WithADeadline_IsHeardEveryThirdOfIt()
    {
        await using var bench = await Bench.StartAsync();
        var release = await bench.ReleaseAsync("1", ("model.onnx", Models.Good));
        await bench.PublishAsync(null, Bench.Offer(release, soakSeconds: 3600) with { DeadlineSeconds = Deadline });
        using var parts = bench.NewParts(jitter: 0.5);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var loop = bench.NewLoop(parts);
        loop.Recover();
        var running = loop.RunAsync(stop.Token);
        await UntilAsync(running, () => In(bench, Soaking).Count == 1 && parts.Reporter.IsEmpty);

        for (var beats = 1; beats <= 4; beats++)
        {
            bench.Clock.Advance(TimeSpan.FromSeconds(Deadline / 3));
            await UntilAsync(running, () => In(bench, Soaking).Count > beats && parts.Reporter.IsEmpty);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Activation_IsSaidBeforeAnythingIsSwitched()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        var ran = new List<(DeviceState? State, bool Runs)>();
        bench.Service.OnReports = async context =>
        {
            context.Request.EnableBuffering();
            var batch = await JsonSerializer.DeserializeAsync(context.Request.Body, ContractsJson.Default.DeviceReportBatch);
            context.Request.Body.Position = 0;
            ran.AddRange(batch!.Reports.Select(report => (report.Deployment?.State, bench.Current is not null)));
            return false;
        };

        await bench.RunAsync();

        Assert.Contains((Activating, false), ran);
        Assert.Contains((Soaking, true), ran);
    }

    [Fact]
    public async Task Report_ServiceThatNeverAnswers_HoldsUpNoInstallation()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        var hanging = 0;
        bench.Service.OnReports = async context =>
        {
            Interlocked.Increment(ref hanging);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Interlocked.Decrement(ref hanging);
            return true;
        };
        using var parts = bench.NewParts(jitter: 1);
        var loop = bench.NewLoop(parts);
        loop.Recover();
        var cycle = loop.CycleAsync(TestContext.Current.CancellationToken);
        var waited = 0;
        while (bench.Current is null)
        {
            // Only what the agent waits for the service counts, not what it works.
            await UntilAsync(cycle, () => Volatile.Read(ref hanging) > 0 || bench.Current is not null);
            bench.Clock.Advance(TimeSpan.FromSeconds(1));
            Assert.True(++waited < 60, "The installation waits for the service.");
            await Task.Delay(Turn, TimeProvider.System, TestContext.Current.CancellationToken);
        }

        while (!cycle.IsCompleted)
        {
            bench.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(Turn, TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await cycle;
        Assert.Equal("1", bench.Current!.Version);
    }

    private static List<DeploymentStatus> In(Bench bench, DeviceState state) =>
        [
            .. bench.Service.Reports.DistinctBy(report => report.Seq).Select(report => report.Deployment).OfType<DeploymentStatus>()
                .Where(status => status.State == state),
        ];

    private static async Task UntilAsync(Task running, Func<bool> holds)
    {
        while (!holds())
        {
            Assert.False(running.IsFaulted, running.Exception?.ToString());
            await Task.Delay(Turn, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
