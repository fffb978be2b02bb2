using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Device;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Smoke;
using SlmOps.EdgeAgent.Tests.Fakes;
using SlmOps.Inference;
using SlmOps.Inference.Smoke;

namespace SlmOps.EdgeAgent.Tests.Smoke;

/// <summary>The smoke test of version 2, in the agent's own process, on the sample model and on a model of numbers.</summary>
public sealed class ForcedSmokeTests : IDisposable
{
    private static readonly string Sample = Path.Combine(RepositoryRoot.Path, "infra", "samples", "pydocs-slm");
    private static readonly SmokeBound Bound = new(0.5, 0.05, 0.5);
    private static readonly Lazy<IReadOnlyList<SmokePrompt>> Recorded = new(Record);
    private readonly TestFolder _folder = new();

    public ForcedSmokeTests()
    {
        foreach (var file in new[] { "model.onnx", "model.onnx.data", "config.json", "tokenizer.json" })
        {
            File.Copy(Path.Combine(Sample, file), _folder[file]);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Failure_RightModel_IsNone()
    {
        Write(prompt => prompt);
        Assert.Null(await RunAsync());
    }

    [Theory]
    [InlineData("whole")]
    [InlineData("steps")]
    public async Task Failure_OtherNumbersInEitherWay_NamesProcessorAndFigures(string way)
    {
        static SmokeTrace Off(SmokeTrace trace) => trace with { LogProbs = [.. trace.LogProbs.Select(logProb => logProb - 0.3)] };
        Write(prompt => prompt with
        {
            Forced = way == "whole" ? prompt.Forced! with { Whole = Off(prompt.Forced.Whole) }
                : prompt.Forced!.Steps is { } steps ? prompt.Forced with { Steps = Off(steps) }
                : prompt.Forced,
        });

        var failure = await RunAsync();

        Assert.Equal((FailureKind.Condemning, ReasonCodes.SmokeDisagrees), (failure!.Kind, failure.Code));
        Assert.Contains(Machine.ProcessorClassName!, failure.Reason, StringComparison.Ordinal);
        Assert.Contains("differ by 0.3 on average", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_OneWeightTensorDamaged_Disagrees()
    {
        Write(prompt => prompt);
        var data = File.ReadAllBytes(_folder["model.onnx.data"]);
        data.AsSpan(data.Length / 2, 64 << 10).Clear();
        File.WriteAllBytes(_folder["model.onnx.data"], data);

        Assert.Equal(ReasonCodes.SmokeDisagrees, (await RunAsync())?.Code);
    }

    [Theory]
    [InlineData("another")]
    [InlineData("missing")]
    public async Task Failure_TokenizerIsNotTheOneOfTheTexts_IsSaid(string what)
    {
        Write(prompt => prompt);
        File.Delete(_folder["tokenizer.json"]);
        if (what == "another")
        {
            File.WriteAllText(_folder["tokenizer.json"], "{}");
        }

        var failure = await RunAsync();

        Assert.Equal("smoke-failed", failure?.Code);
        Assert.Contains("tokenizer.json", failure!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_TokensOutsideTheVocabulary_IsNoPass()
    {
        Write(prompt => prompt with { Forced = prompt.Forced! with { Tokens = [.. prompt.Forced.Tokens.Select(token => token + 5000)] } });
        Assert.Equal("smoke-failed", (await RunAsync())?.Code);
    }

    [Theory]
    [InlineData(2, 4, null)]
    [InlineData(2, 4.1, "smoke-disagrees")]
    public async Task Failure_ModelOfNumbers_ComparesItsOutputs(double first, double second, string? code)
    {
        using var folder = new TestFolder();
        File.WriteAllBytes(folder["model.onnx"], TinyModel.Bytes);
        File.WriteAllBytes(folder[SmokeRules.OutputsFileName], JsonSerializer.SerializeToUtf8Bytes(
            new SmokeOutputs(1, 0.01, [new([new("x", [1, 4]) { Values = [1, 2, 0, 0] }], [new("y", [1, 4], [first, second, 0, 0])])]),
            ContractsJson.Default.SmokeOutputs));

        Assert.Equal(code, (await RunAsync(folder))?.Code);
    }

    [Theory]
    [InlineData("""{"version":1,"relativeError":0.1,"runs":[]}""")]
    [InlineData("""{"version":1,"relativeError":0.1,"runs":[{"inputs":[{"name":"x","shape":[1000000000,1000000000]}],"outputs":[]}]}""")]
    [InlineData("""{"version":1,"relativeError":0.1,"runs":[{"inputs":[{"name":"x","shape":[9],"min":0,"max":1}],"outputs":[]}]}""")]
    [InlineData("""{"version":1,"relativeError":0.1,"runs":[{"inputs":[],"outputs":[{"name":"z","shape":[1],"values":[1]}]}]}""")]
    public async Task Failure_OutputsFileThatDoesNotFit_IsNoPass(string text)
    {
        using var folder = new TestFolder();
        File.WriteAllBytes(folder["model.onnx"], TinyModel.Bytes);
        File.WriteAllText(folder[SmokeRules.OutputsFileName], text);
        Assert.Equal("smoke-failed", (await RunAsync(folder))?.Code);
    }

    private Task<Failure?> RunAsync(TestFolder? folder = null) => new SmokeTrial([], [Bench.Executable], 256 << 20, TimeProvider.System)
        .FailureAsync((folder ?? _folder).Root, int.MaxValue, TestContext.Current.CancellationToken);

    private void Write(Func<SmokePrompt, SmokePrompt> change) => File.WriteAllBytes(
        _folder["smoke.json"],
        JsonSerializer.SerializeToUtf8Bytes(
            new SmokeTest(16, 1, [.. Recorded.Value.Select(change)])
            {
                Version = 2,
                Bounds = new(Bound, Bound),
                Tokenizer = new("tokenizer.json", Digest.Of(File.ReadAllBytes(_folder["tokenizer.json"]))),
            },
            ContractsJson.Default.SmokeTest));

    private static IReadOnlyList<SmokePrompt> Record()
    {
        var test = JsonSerializer.Deserialize(
            File.ReadAllBytes(Path.Combine(Sample, "smoke.json")), ContractsJson.Default.SmokeTest)!;
        using var model = LanguageModel.Open(Path.Combine(Sample, "model.onnx"));
        var forced = ForcedRun.Run(
            model,
            [.. test.Prompts.Select((prompt, at) => new ForcedText([.. prompt.PromptTokens!, .. prompt.GreedyTokens!], at == 0 ? 8 : 0))],
            TestContext.Current.CancellationToken);
        return [.. test.Prompts.Zip(forced, (prompt, text) => prompt with { Forced = text })];
    }
}
