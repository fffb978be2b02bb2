using Microsoft.ML.OnnxRuntime.Tensors;
using SlmOps.Inference.Samples;
using SlmOps.Inference.Sandbox;
using SlmOps.Inference.Tests.Graphs;

namespace SlmOps.Inference.Tests.Sandbox;

/// <summary>Harmless models under limits that are lower than they need.</summary>
public sealed class ModelSandboxTests
{
    private const long MiB = 1 << 20;
    private static readonly IReadOnlyList<int> Text = [.. Enumerable.Range(0, 200).Select(i => i % ToyDecoder.Vocabulary)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_OneAfterTheOther_AnswerAsInThisProcess()
    {
        using var folder = new TempFolder();
        var baseline = ToyDecoder.Save(new(), folder.Path, "baseline");
        var candidate = ToyDecoder.Save(new() { PositionIds = false }, folder.Path, "candidate");
        var predictions = Path.Combine(folder.Path, "predictions");
        var options = new EvaluationOptions { WindowTokens = 16 };
        var shares = new List<double>();
        await using var sandbox = await StartAsync(new());

        var made = await sandbox.PredictAsync(baseline, Text, predictions, options, new Recorder(shares), Token);
        var judged = await sandbox.JudgeAsync(candidate, predictions, Text, options, null, Token);
        var answered = await sandbox.AnswerAsync(baseline, new(), [[1, 2], [3]], [4, 2], Token);
        var compared = await sandbox.CompareAsync(Floats(folder, "Neg"), Floats(folder, "Neg"), new() { Samples = 1 }, null, Token);

        var expected = Evaluation.Compare(baseline, candidate, Text, options, null, Token);
        Assert.Equal(expected.Tokens, made.Positions);
        Assert.Equal((expected.Perplexity, expected.Kl, expected.Top1Agreement), (judged.Perplexity, judged.Kl, judged.Top1Agreement));
        Assert.Equal([4, 2], answered.Tokens.Select(tokens => tokens.Count));
        Assert.Equal(OutputDifference.MaxSqnrDb, compared.SqnrDb);
        Assert.Equal(1, shares[^1]);
    }

    [Fact]
    public async Task Requests_OfTheSameModel_OpenItOnce()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "An open file stays there.");
        using var folder = new TempFolder();
        var model = ToyDecoder.Save(new(), folder.Path);
        var predictions = Path.Combine(folder.Path, "predictions");
        var options = new EvaluationOptions { WindowTokens = 16, CandidateIsBaseline = true };
        await using var sandbox = await StartAsync(new());
        await sandbox.PredictAsync(model, Text, predictions, options, null, Token);
        File.Delete(model);

        var judged = await sandbox.JudgeAsync(model, predictions, Text, options, null, Token);
        var answered = await sandbox.AnswerAsync(model, options.Model, [[1, 2]], [3], Token);
        await sandbox.CompareAsync(Floats(folder, "Neg"), Floats(folder, "Neg"), new() { Samples = 1 }, null, Token);
        var closed = await Assert.ThrowsAsync<ModelOpenException>(() => sandbox.AnswerAsync(model, options.Model, [[1]], [1], Token));

        Assert.Equal(0, judged.Kl);
        Assert.True(judged.TokensPerSecond > 0);
        Assert.Equal(3, answered.Tokens[0].Count);
        Assert.Equal("file-missing", closed.Code);
    }

    [Fact]
    public async Task Requests_OfTheSameModelOpenedOtherwise_OpenItAgain()
    {
        using var folder = new TempFolder();
        var model = ToyDecoder.Save(new(), folder.Path);
        await using var sandbox = await StartAsync(new());
        await sandbox.AnswerAsync(model, new(), [[1, 2, 3]], [1], Token);

        var refused = await Assert.ThrowsAsync<ArgumentException>(
            () => sandbox.AnswerAsync(model, new() { MaxPositions = 2 }, [[1, 2, 3]], [1], Token));

        Assert.Contains("has 2 positions", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_Linux_HoldsEveryLimitOfTheKernel()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Limits of the kernel are Linux's.");
        await using var sandbox = await StartAsync(new());
        Assert.Equal(new(true, true, true), sandbox.Confinement);
    }

    [Fact]
    public async Task Run_MoreMemoryThanAllowed_EndsOutOfMemory()
    {
        using var folder = new TempFolder();
        var model = Filled(folder, megabytes: 512);
        await using var sandbox = await StartAsync(new() { MemoryBytes = 128 * MiB });

        var ended = await Assert.ThrowsAsync<SandboxException>(() =>
            sandbox.CompareAsync(
                model,
                model,
                new()
                {
                    Samples = 1,
                    Inputs = new Dictionary<string, InputHint> { ["n"] = new() { Value = 1 } },
                },
                null,
                Token));

        Assert.Equal(("out-of-memory", true), (ended.Code, ended.AtLimit));
        Assert.Contains("134 MB", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_MoreProcessorTimeThanAllowed_EndsTooSlow()
    {
        await using var sandbox = await StartAsync(new() { Cpu = TimeSpan.FromSeconds(0.2) });

        var ended = await Assert.ThrowsAsync<SandboxException>(() => PredictSampleAsync(sandbox, Token));

        Assert.Equal("too-slow", ended.Code);
        Assert.Contains("0.2 s of processor time", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_LongerThanAllowed_EndsTooSlow()
    {
        var clock = new LeapingClock();
        await using var sandbox = await ModelSandbox.StartAsync(RunnerCommand.Find(), new() { Wall = TimeSpan.FromHours(1) }, clock, Token);
        clock.Leap = TimeSpan.FromHours(2);

        var ended = await Assert.ThrowsAsync<SandboxException>(() => PredictSampleAsync(sandbox, Token));

        Assert.Equal("too-slow", ended.Code);
        Assert.Contains("60 min", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_MoreThreadsThanAllowed_EndsTooManyThreads()
    {
        var ended = await Assert.ThrowsAsync<SandboxException>(async () =>
        {
            await using var sandbox = await StartAsync(new() { Threads = 1 });
            await PredictSampleAsync(sandbox, Token);
        });
        Assert.Equal("too-many-threads", ended.Code);
    }

    [Fact]
    public async Task Run_LargerFileThanAllowed_EndsTooMuchOutput()
    {
        await using var sandbox = await StartAsync(new() { FileBytes = MiB });
        var ended = await Assert.ThrowsAsync<SandboxException>(() => PredictSampleAsync(sandbox, Token));
        Assert.Equal("too-much-output", ended.Code);
    }

    [Fact]
    public async Task Run_LargerAnswerThanAllowed_EndsTooMuchOutput()
    {
        using var folder = new TempFolder();
        var model = ToyDecoder.Save(new(), folder.Path);
        await using var sandbox = await StartAsync(new() { AnswerBytes = 400 });
        var ended = await Assert.ThrowsAsync<SandboxException>(() => sandbox.AnswerAsync(model, new(), [[1]], [1000], Token));
        Assert.Equal("too-much-output", ended.Code);
    }

    [Fact]
    public async Task Run_LogitsThatAreNoNumbers_IsAFigureAndNoEnding()
    {
        using var folder = new TempFolder();
        var (good, bad) = (ToyDecoder.Save(new(), folder.Path, "good"), NotANumber(folder));
        var predictions = Path.Combine(folder.Path, "predictions");
        await using var sandbox = await StartAsync(new());
        await sandbox.PredictAsync(good, Text, predictions, new(), null, Token);

        var judged = await sandbox.JudgeAsync(bad, predictions, Text, new(), null, Token);

        Assert.Equal(double.NaN, judged.Perplexity);
    }

    [Fact]
    public async Task Refusals_ComeAsTheirOwnExceptions_AndTheProcessGoesOn()
    {
        using var folder = new TempFolder();
        var model = ToyDecoder.Save(new(), folder.Path);
        await using var sandbox = await StartAsync(new());

        var missing = await Assert.ThrowsAsync<ModelOpenException>(() =>
            sandbox.AnswerAsync(
                Path.Combine(folder.Path, "none.onnx"),
                new(),
                [
                    [1],
                ],
                [1],
                Token));
        var unknown = await Assert.ThrowsAsync<ArgumentException>(() =>
            sandbox.AnswerAsync(
                model,
                new(),
                [
                    [99],
                ],
                [1],
                Token));
        var answered = await sandbox.AnswerAsync(
            model,
            new(),
            [
                [1],
            ],
            [3],
            Token);

        Assert.Equal("file-missing", missing.Code);
        Assert.Contains("Token 99", unknown.Message, StringComparison.Ordinal);
        Assert.Equal(3, answered.Tokens[0].Count);
    }

    [Fact]
    public async Task Cancel_InTheMiddle_KillsTheProcess()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var sandbox = await StartAsync(new());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PredictSampleAsync(sandbox, source.Token, new Canceller(source)));
        await sandbox.DisposeAsync();
    }

    [Fact]
    public async Task Start_ProgramThatIsMissing_SaysWhich()
    {
        var ended = await Assert.ThrowsAsync<SandboxException>(() =>
            ModelSandbox.StartAsync(["/no/such/program"], new(), TimeProvider.System, Token));
        Assert.Equal("not-started", ended.Code);
        Assert.Contains("/no/such/program", ended.Message, StringComparison.Ordinal);
        Assert.Equal("not-started", Assert.Throws<SandboxException>(() => RunnerCommand.Find(Path.GetTempPath())).Code);
    }

    [Fact]
    public async Task Find_WithAndWithoutTheRunnerCompiledBeforehand_BothAnswer()
    {
        using var folder = new TempFolder();
        var model = ToyDecoder.Save(new(), folder.Path);
        var ready = RunnerCommand.Find();
        var library = Path.Combine(AppContext.BaseDirectory, "slmops-runner.dll");
        var between = $"{Path.DirectorySeparatorChar}{RunnerCommand.ReadyFolder}{Path.DirectorySeparatorChar}";
        Assert.Contains(between, ready[^1], StringComparison.Ordinal);

        foreach (IReadOnlyList<string> command in new[] { ready, [.. ready.SkipLast(1), library] })
        {
            await using var sandbox = await ModelSandbox.StartAsync(command, new(), TimeProvider.System, Token);
            Assert.Single((await sandbox.AnswerAsync(model, new(), [[1]], [2], Token)).Tokens);
        }
    }

    [Fact]
    public async Task Start_ProgramThatEnds_IsACrashWithItsLastWords()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "It needs a shell.");
        var ended = await Assert.ThrowsAsync<SandboxException>(
            () => ModelSandbox.StartAsync(["/bin/sh", "-c", "echo some last words >&2; exit 7"], new(), TimeProvider.System, Token));
        Assert.Equal("crashed", ended.Code);
        Assert.Contains("exit code 7: some last words", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_ThroughALauncher_RunsUnderItAndIsNotCountedWithIt()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "It needs a shell.");
        using var folder = new TempFolder();
        var model = ToyDecoder.Save(new(), folder.Path);
        var seen = Path.Combine(folder.Path, "launched");

        // One thread more than allowed, and a parent that stays.
        await using var sandbox = await ModelSandbox.StartAsync(
            RunnerCommand.Find(),
            new() { Threads = 1 },
            TimeProvider.System,
            Token,
            ["/bin/sh", "-c", $"touch '{seen}'; \"$@\"; exit 3", "sh"]);
        var answered = await sandbox.AnswerAsync(model, new(), [[1, 2]], [2], Token);

        Assert.True(File.Exists(seen));
        Assert.Equal(2, answered.Tokens[0].Count);
    }

    [Fact]
    public async Task Start_LauncherThatLeavesAProcessBehind_EndsAllTheSame()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "It needs a shell.");

        // Holds every pipe open, and ends when its input does.
        IReadOnlyList<string> launcher = ["/bin/sh", "-c", "exec 3<&0; \"$@\" <&3 >/dev/null & exit 5", "sh"];
        var ended = await Assert.ThrowsAsync<SandboxException>(
            () => ModelSandbox.StartAsync(["cat"], new(), TimeProvider.System, Token, launcher));

        Assert.Equal(("crashed", false), (ended.Code, ended.AtLimit));
        Assert.Contains("exit code 5", ended.Message, StringComparison.Ordinal);
    }

    private static Task<ModelSandbox> StartAsync(RunLimits limits) =>
        ModelSandbox.StartAsync(RunnerCommand.Find(), limits, TimeProvider.System, Token);

    /// <summary>Seconds of work for any processor, and some 150 MB of predictions.</summary>
    private static async Task PredictSampleAsync(
        ModelSandbox sandbox,
        CancellationToken cancellationToken,
        IProgress<double>? progress = null)
    {
        using var folder = new TempFolder();
        int[] tokens = [.. Enumerable.Range(0, 19_000).Select(i => i % 2048)];
        await sandbox.PredictAsync(
            Sample.Model,
            tokens,
            Path.Combine(folder.Path, "predictions"),
            new() { MeasureBaselineSpeed = false },
            progress,
            cancellationToken);
    }

    private static string Floats(TempFolder folder, string operation) =>
        new OnnxGraph()
            .Input("x", TensorElementType.Float, 4)
            .Output("y", TensorElementType.Float, 4)
            .Node(operation, ["x"], "y")
            .Save(folder.Path, operation);

    /// <summary>y = x + a tensor of zeros that the graph makes when it runs.</summary>
    private static string Filled(TempFolder folder, long megabytes) => new OnnxGraph()
        .Input("x", TensorElementType.Float, 1).Input("n", TensorElementType.Int64, 1).Output("y", TensorElementType.Float, "n")
        .Longs("size", [1], megabytes * MiB / sizeof(float)).Longs("nothing", [1], 0)
        .Node("Mul", ["n", "nothing"], "zero").Node("Add", ["zero", "size"], "shape")
        .Node("ConstantOfShape", ["shape"], "filled").Node("Add", ["filled", "x"], "sum").Node("Neg", ["sum"], "y")
        .Save(folder.Path, "filled");

    /// <summary>A decoder's ports, and logits that are 0/0.</summary>
    private static string NotANumber(TempFolder folder) =>
        new OnnxGraph()
            .Input("input_ids", TensorElementType.Int64, "batch", "sequence")
            .Output("logits", TensorElementType.Float, "batch", "sequence", ToyDecoder.Vocabulary)
            .Floats("zeros", [ToyDecoder.Vocabulary, ToyDecoder.Vocabulary], new float[ToyDecoder.Vocabulary * ToyDecoder.Vocabulary])
            .Node("Gather", ["zeros", "input_ids"], "nothing")
            .Node("Div", ["nothing", "nothing"], "logits")
            .Save(folder.Path, "nan");

    private sealed class Recorder(List<double> shares) : IProgress<double>
    {
        public void Report(double value) => shares.Add(value);
    }

    private sealed class Canceller(CancellationTokenSource source) : IProgress<double>
    {
        public void Report(double value) => source.Cancel();
    }

    /// <summary>A clock on which every look at it is so much later.</summary>
    private sealed class LeapingClock : TimeProvider
    {
        private long _now;

        internal TimeSpan Leap { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Add(ref _now, Leap.Ticks);
    }
}
