using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Smoke;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests.Smoke;

/// <summary>The smoke test in its own process: the agent's executable as it lies beside the tests.</summary>
public sealed class SmokeTrialTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Failure_GoodModel_IsNone()
    {
        File.WriteAllBytes(_folder["model.onnx"], Models.Good);
        Assert.Null(await RunAsync());
    }

    [Theory]
    [InlineData("not finite", "smoke-not-finite")]
    [InlineData("no model at all", "smoke-failed")]
    [InlineData("nothing", "no-single-model")]
    [InlineData("two", "no-single-model")]
    public async Task Failure_BadModel_IsCondemnedWithItsReason(string what, string code)
    {
        switch (what)
        {
            case "not finite":
                File.WriteAllBytes(_folder["model.onnx"], Models.NotFinite);
                break;
            case "no model at all":
                File.WriteAllBytes(_folder["model.onnx"], Models.Random(1000, 3));
                break;
            case "two":
                File.WriteAllBytes(_folder["a.onnx"], Models.Good);
                File.WriteAllBytes(_folder["b.onnx"], Models.Good);
                break;
        }

        var failure = await RunAsync();

        Assert.Equal((FailureKind.Condemning, code), (failure!.Kind, failure.Code));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(3, null)]
    [InlineData(60, "smoke-disagrees")]
    public async Task Failure_LanguageModel_GeneratesItsSmokePrompts(int wrongTokens, string? code)
    {
        var sample = SampleModel();
        foreach (var file in new[] { "model.onnx", "model.onnx.data", "config.json" })
        {
            File.Copy(Path.Combine(sample, file), _folder[file]);
        }

        // 96 expected tokens of which three quarters must agree; as many as asked are made wrong.
        var smoke = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(Path.Combine(sample, "smoke.json")))!;
        var made = 0;
        foreach (var tokens in smoke["prompts"]!.AsArray().Select(prompt => prompt!["greedyTokens"]!.AsArray()))
        {
            for (var index = 0; index < tokens.Count && made < wrongTokens; index++, made++)
            {
                tokens[index] = 2047;
            }
        }

        File.WriteAllText(_folder["smoke.json"], smoke.ToJsonString());

        Assert.Equal(code, (await RunAsync())?.Code);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"maxNewTokens":100000,"minAgreement":0.5,"prompts":[{"text":"a","promptTokens":[1],"greedyTokens":[1]}]}""")]
    [InlineData("""{"maxNewTokens":1,"minAgreement":0.5,"prompts":[{"text":"a","promptTokens":[],"greedyTokens":[1]}]}""")]
    public async Task Failure_SmokeFileOutOfBounds_IsNoPass(string smoke)
    {
        File.WriteAllBytes(_folder["model.onnx"], Models.Good);
        File.WriteAllText(_folder["smoke.json"], smoke);
        Assert.Equal("smoke-failed", (await RunAsync())?.Code);
    }

    [Fact]
    public async Task Failure_ProcessDiesAlsoWithATinyModel_IsTheDevices()
    {
        File.WriteAllText(_folder["die.sh"], SmokeScript.Of("kill -SEGV $$; passes"));
        var failure = await RunAsync(command: ["/bin/sh", _folder["die.sh"]]);
        Assert.Equal((FailureKind.Attempt, "environment"), (failure!.Kind, failure.Code));
        Assert.Contains("SIGSEGV", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_ProcessDiesWithThisModelAlone_IsTheModelsAtTheThirdTry()
    {
        File.WriteAllText(_folder["die.sh"], SmokeScript.Of($$"""
            if [ "$folder" = "{{_folder.Root}}" ]; then echo "first line" >&2; echo "  at some depth" >&2; kill -KILL $$; fi
            passes
            """));
        var failure = await RunAsync(command: ["/bin/sh", _folder["die.sh"]]);

        Assert.Equal((FailureKind.Attempt, "smoke-interrupted"), (failure!.Kind, failure.Code));
        Assert.Contains("SIGKILL", failure.Reason, StringComparison.Ordinal);
        Assert.Contains("first line", failure.Reason, StringComparison.Ordinal);
        Assert.Equal("smoke-interrupted", failure.AfterTry(2).Code);
        Assert.Equal((FailureKind.Condemning, "smoke-crashed"), (failure.AfterTry(3).Kind, failure.AfterTry(3).Code));
    }

    [Fact]
    public async Task Failure_ProcessNeverEnds_IsKilledAtTheTimeLimit()
    {
        File.WriteAllText(_folder["hang.sh"], SmokeScript.Of($$"""
            if [ "$folder" = "{{_folder.Root}}" ]; then touch "$(dirname "$0")/hangs"; exec sleep 1000; fi
            passes
            """));

        var failure = await RunAsync(command: ["/bin/sh", _folder["hang.sh"]], clock: new HangClock(_folder["hangs"]));

        Assert.Equal((FailureKind.Attempt, "smoke-interrupted"), (failure!.Kind, failure.Code));
        Assert.Contains("not done after 300.0 s", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_ModelTakesTooMuchMemory_IsKilled()
    {
        // A budget below zero leaves less than what the runtime itself needs.
        File.WriteAllBytes(_folder["model.onnx"], Models.Good);
        var failure = await RunAsync(modelRam: (10 << 20) - (160 << 20));
        Assert.Contains(failure!.Code, new[] { "smoke-memory", "environment" });
    }

    [Fact]
    public async Task Failure_NoSuchProgram_IsNotTheModelsFault() =>
        Assert.Equal(FailureKind.Attempt, (await RunAsync(command: [_folder["missing"]]))!.Kind);

    [Fact]
    public async Task Failure_WithALauncher_RunsThroughIt()
    {
        File.WriteAllBytes(_folder["model.onnx"], Models.Good);
        Assert.Null(await RunAsync(launcher: Launcher("touch \"$(dirname \"$0\")/launched\"; exec \"$@\"")));
        Assert.True(File.Exists(_folder["launched"]));
    }

    [Fact]
    public async Task Failure_LauncherDoesNotWork_IsTheDevicesFault()
    {
        File.WriteAllBytes(_folder["model.onnx"], Models.Good);
        var failure = await RunAsync(launcher: Launcher("echo no sandbox here >&2; exit 1"));
        Assert.Equal((FailureKind.Attempt, "environment"), (failure!.Kind, failure.Code));
        Assert.Contains("no sandbox here", failure.Reason, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string[] Launcher(string script)
    {
        File.WriteAllText(_folder["launcher.sh"], script);
        return ["/bin/sh", _folder["launcher.sh"]];
    }

    private Task<Failure?> RunAsync(
        IReadOnlyList<string>? command = null,
        TimeProvider? clock = null,
        long modelRam = 256 << 20,
        IReadOnlyList<string>? launcher = null) =>
        new SmokeTrial(launcher ?? [], command ?? [Bench.Executable], modelRam, clock ?? TimeProvider.System).FailureAsync(
            _folder.Root,
            int.MaxValue,
            TestContext.Current.CancellationToken);

    /// <summary>Six minutes pass once, as soon as a file is there.</summary>
    private sealed class HangClock(string file) : TimeProvider
    {
        private static readonly TimeSpan Later = TimeSpan.FromMinutes(6);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => File.Exists(file) ? Later.Ticks : 0;
    }

    private static string SampleModel() => Path.Combine(RepositoryRoot.Path, "infra", "samples", "pydocs-slm");
}
