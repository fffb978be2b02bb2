using System.Diagnostics;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests;

/// <summary>The real executable against the real server.</summary>
public sealed class AgentProcessTests
{
    [Fact]
    public async Task Once_StableRelease_InstallsItAndExitsWithZero()
    {
        await using var bench = await Bench.StartAsync();
        await PublishNowAsync(bench, await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));

        Assert.Equal(0, await ExitAsync(Start(bench, "--once")));

        Assert.Equal("1", bench.Current!.Version);
        Assert.Equal(DeviceState.Committed, bench.ReportedStates[^1]);
        var inventory = bench.Service.Reports.First().Inventory!;
        Assert.Equal("lab", inventory.Labels["site"]);
        Assert.NotEmpty(inventory.OrtVersion);
    }

    [Fact]
    public async Task Once_BadBuild_ExitsWithOneAndRunsNothing()
    {
        await using var bench = await Bench.StartAsync();
        await PublishNowAsync(bench, await bench.ReleaseAsync("1", ("model.onnx", Models.NotFinite)));

        Assert.Equal(1, await ExitAsync(Start(bench, "--once", "--log-json")));

        Assert.Null(bench.Current);
        Assert.Equal("smoke-not-finite", bench.Service.Reports.Last().Deployment!.ReasonCode);
    }

    [Fact]
    public async Task Kill_InTheMiddleOfADownload_TheNextAgentResumesIt()
    {
        await using var bench = await Bench.StartAsync();
        var content = Models.Random(2_000_000, 5);
        await PublishNowAsync(bench, await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("w.bin", content)));
        var half = new TaskCompletionSource();
        bench.Service.OnBlob = async (context, digest) =>
        {
            if (digest != Digest.Of(content) || half.Task.IsCompleted)
            {
                return false;
            }

            context.Response.ContentLength = content.Length;
            context.Response.Headers.ETag = $"\"{digest.Hex}\"";
            await context.Response.Body.WriteAsync(content.AsMemory(0, 1_000_000), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            while (new FileInfo(Path.Combine(bench.Data, "store", "partial", digest.Hex)) is not { Exists: true } partial || partial.Length < 1_000_000)
            {
                await Task.Yield();
            }

            half.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        using (var first = Start(bench))
        {
            await half.Task;
            first.Kill();
            await first.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(0, await ExitAsync(Start(bench, "--once")));

        Assert.Equal("bytes=1000000-", bench.Service.Requests.Last(request => request.Path.EndsWith(Digest.Of(content).ToString(), StringComparison.Ordinal) && request.Range is not null).Range);
        Assert.Equal(content, File.ReadAllBytes(Path.Combine(bench.Data, bench.Current!.Folder, "w.bin")));
        var seqs = bench.Service.Reports.Select(report => report.Seq).ToList();
        Assert.Equal(seqs.Order().Distinct(), seqs);
    }

    [Fact]
    public async Task Start_SecondAgentOnTheSameFolder_IsRefusedAndTheFirstStopsCleanly()
    {
        await using var bench = await Bench.StartAsync();
        using var first = Start(bench);
        while (bench.Service.Reports.IsEmpty)
        {
            await Task.Yield();
        }

        using var second = Start(bench, "--once");
        var said = await second.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, await ExitAsync(second));
        Assert.Contains($"process {first.Id}", said, StringComparison.Ordinal);

        using var term = Process.Start("kill", ["-TERM", $"{first.Id}"]);
        Assert.Equal(0, await ExitAsync(first));
    }

    [Fact]
    public async Task SelfTest_OnThisMachine_Passes()
    {
        using var process = Process.Start(new ProcessStartInfo(Bench.Executable, ["--self-test"]) { RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.True(await ExitAsync(process) == 0, said);
        Assert.Equal(6, said.Split("ok    ").Length - 1);
    }

    [Fact]
    public async Task Start_NothingGiven_NamesEverythingMissingAndExitsWithTwo()
    {
        using var process = Process.Start(new ProcessStartInfo(Bench.Executable) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, await ExitAsync(process));
        Assert.All(["--url", "--data", "--trust"], name => Assert.Contains($"{name} is missing", said, StringComparison.Ordinal));
    }

    // The process lives by the real clock.
    private static Task PublishNowAsync(Bench bench, ReleaseRef stable)
    {
        var now = TimeProvider.System.GetUtcNow();
        return bench.PublishAsync(new ChannelDocument(1, "stable", 1, now, now.AddDays(1), stable, null, [], null));
    }

    private static Process Start(Bench bench, params string[] more)
    {
        string[] arguments =
        [
            "--url", bench.Service.Url.AbsoluteUri, "--data", bench.Data, "--trust", bench.Trust, "--id", "d-1", "--label", "site=lab", "--memory", "64MiB", .. more,
        ];
        return Process.Start(new ProcessStartInfo(Bench.Executable, arguments) { RedirectStandardError = true })!;
    }

    private static async Task<int> ExitAsync(Process process)
    {
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }
}
