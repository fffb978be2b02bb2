using System.Diagnostics;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;
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

        await ExpectAsync(0, bench, "--once");

        Assert.Equal("1", bench.Current!.Version);
        Assert.Equal(DeviceState.Committed, bench.ReportedStates[^1]);
        var inventory = bench.Service.Reports.First().Inventory!;
        Assert.Equal("lab", inventory.Labels["site"]);
        Assert.NotEmpty(inventory.OrtVersion);
        Assert.Equal(ProcessorClass.Of(inventory.Architecture, inventory.InstructionSets), inventory.ProcessorClass);
        Assert.Contains(inventory.ProcessorClass, ProcessorClass.All);
    }

    [Fact]
    public async Task Once_BadBuild_ExitsWithOneAndRunsNothing()
    {
        await using var bench = await Bench.StartAsync();
        await PublishNowAsync(bench, await bench.ReleaseAsync("1", ("model.onnx", Models.NotFinite)));

        await ExpectAsync(1, bench, "--once", "--log-json");

        Assert.Null(bench.Current);
        Assert.Equal("smoke-not-finite", bench.Service.Reports.Last(report => report.Deployment is not null).Deployment!.ReasonCode);
        Assert.Equal(HoldCodes.Condemned, bench.Service.Reports.Last().Hold!.Code);
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
            while (
                new FileInfo(Path.Combine(bench.Data, "store", "partial", digest.Hex)) is not { Exists: true } partial
                || partial.Length < 1_000_000)
            {
                await Task.Yield();
            }

            half.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        using (var first = Start(bench))
        {
            Assert.Same(half.Task, await Task.WhenAny(half.Task, first.Ended));
            first.Kill();
            await first.Ended;
        }

        await ExpectAsync(0, bench, "--once");

        Assert.Equal(
            "bytes=1000000-",
            bench
                .Service.Requests.Last(request =>
                    request.Path.EndsWith(Digest.Of(content).ToString(), StringComparison.Ordinal) && request.Range is not null)
                .Range);
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
            Assert.False(first.Ended.IsCompleted);
            await Task.Yield();
        }

        Assert.Contains($"process {first.Id}", await ExpectAsync(1, bench, "--once"), StringComparison.Ordinal);

        using var term = Process.Start("kill", ["-TERM", $"{first.Id}"]);
        var (code, said) = await first.Ended;
        Assert.True(code == 0, said);
        Assert.Contains("Stopped", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Local_AddListRemove_IsWhatTheNextRunLaysOverTheModel()
    {
        await using var bench = await Bench.StartAsync();
        var release = await bench.ReleaseAsync("1", ("model.onnx", Models.Good));
        var adaptation = await bench.AdaptAsync(release, "1", [], local: true);
        var now = TimeProvider.System.GetUtcNow();
        await bench.PublishAsync(
            new ChannelDocument
            {
                Schema = 1,
                Channel = "stable",
                Version = 1,
                IssuedAt = now,
                Expires = now.AddDays(1),
                Stable = release,
                Withdrawn = [],
                Overlays = [adaptation],
            }
        );
        await ExpectAsync(0, bench, "--once");
        var source = bench.Elsewhere("own");
        Directory.CreateDirectory(source);
        File.WriteAllText(Path.Combine(source, "words.txt"), "ours");

        Assert.Contains("1 files for tiny 1 int8", await LocalAsync(0, "add", source, "--data", bench.Data), StringComparison.Ordinal);
        await ExpectAsync(0, bench, "--once");

        Assert.Equal("ours", File.ReadAllText(Path.Combine(bench.Data, bench.Current!.Folder, "adapters", "local", "words.txt")));
        Assert.Contains("\"state\":\"active\"", await LocalAsync(0, "list", "--data", bench.Data), StringComparison.Ordinal);
        Assert.Equal(LocalLayerStates.Active, bench.Service.Reports.Last().Composition!.LocalLayer);

        await LocalAsync(0, "remove", "--data", bench.Data);
        await ExpectAsync(0, bench, "--once");

        Assert.False(Directory.Exists(Path.Combine(bench.Data, bench.Current!.Folder, "adapters", "local")));
        Assert.Contains("no folder", await LocalAsync(2, "list", "--data", bench.Elsewhere("nowhere")), StringComparison.Ordinal);
        Assert.Contains(
            "There is no folder",
            await LocalAsync(1, "add", bench.Elsewhere("nowhere"), "--data", bench.Data),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task SelfTest_OnThisMachine_Passes()
    {
        using var agent = new AgentProcess("--self-test");
        var (code, said) = await agent.Ended;
        Assert.True(code == 0, said);
        Assert.Equal(9, said.Split("ok    ").Length - 1);
    }

    [Fact]
    public async Task Start_NothingGiven_NamesEverythingMissingAndExitsWithTwo()
    {
        using var agent = new AgentProcess();
        var (code, said) = await agent.Ended;
        Assert.Equal(2, code);
        Assert.All(["--url", "--data", "--trust"], name => Assert.Contains($"{name} is missing", said, StringComparison.Ordinal));
    }

    private static async Task<string> LocalAsync(int expected, params string[] arguments)
    {
        using var agent = new AgentProcess(["local", .. arguments]);
        var (code, said) = await agent.Ended;
        Assert.True(code == expected, $"It ended with {code}: {said}");
        return said;
    }

    // The process lives by the real clock.
    private static Task PublishNowAsync(Bench bench, ReleaseRef stable)
    {
        var now = TimeProvider.System.GetUtcNow();
        return bench.PublishAsync(new ChannelDocument
        {
            Schema = 1,
            Channel = "stable",
            Version = 1,
            IssuedAt = now,
            Expires = now.AddDays(1),
            Stable = stable,
            Withdrawn = [],
        });
    }

    private static AgentProcess Start(Bench bench, params string[] more) =>
        new([
            "--url",
            bench.Service.Url.AbsoluteUri,
            "--data",
            bench.Data,
            "--trust",
            bench.Trust,
            "--id",
            "d-1",
            "--label",
            "site=lab",
            "--memory",
            "64MiB",
            .. more,
        ]);

    private static async Task<string> ExpectAsync(int expected, Bench bench, params string[] more)
    {
        using var agent = Start(bench, more);
        var (code, said) = await agent.Ended;
        Assert.True(code == expected, $"It ended with {code}: {said}");
        return said;
    }

    /// <summary>One run of the executable; what it says is read all along, and it ends with the test.</summary>
    private sealed class AgentProcess : IDisposable
    {
        private readonly Process _process;

        internal AgentProcess(params string[] arguments)
        {
            _process = Process.Start(
                new ProcessStartInfo(Bench.Executable, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
            )!;
            Ended = EndAsync();
        }

        internal int Id => _process.Id;

        internal Task<(int Code, string Said)> Ended { get; }

        internal void Kill() => _process.Kill();

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
            }

            _process.Dispose();
        }

        private async Task<(int Code, string Said)> EndAsync()
        {
            var (output, errors) = (_process.StandardOutput.ReadToEndAsync(), _process.StandardError.ReadToEndAsync());
            await _process.WaitForExitAsync();
            return (_process.ExitCode, await output + await errors);
        }
    }
}
