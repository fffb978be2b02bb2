using System.Text.Json;
using Microsoft.ML.OnnxRuntime.Tensors;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.Smoke;
using SlmOps.EdgeAgent.Tests.Fakes;
using SlmOps.Inference.Tests.Graphs;

namespace SlmOps.EdgeAgent.Tests.Smoke;

/// <summary>The smoke test of a slot with a composition, in ONNX Runtime: a decoder that says 1, and 3 with its adapter.</summary>
public sealed class AdaptedSmokeTests : IDisposable
{
    private const TensorElementType F32 = TensorElementType.Float;
    private readonly TestFolder _folder = new();

    public AdaptedSmokeTests()
    {
        new OnnxGraph()
            .Input("input_ids", TensorElementType.Int64, "batch", "sequence")
            .Input("lora", F32, 4)
            .Output("logits", F32, "batch", "sequence", 4)
            .Floats("table", [4, 4], 0, 9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0)
            .Floats("lora", [4], 0, 0, 0, 0)
            .Node("Gather", ["table", "input_ids"], "rows")
            .Node("Add", ["rows", "lora"], "logits")
            .Save(_folder.Root, "model");
        Directory.CreateDirectory(_folder["adapters", "local"]);
        Smoke("smoke.json", 1);
        Smoke(Path.Combine("adapters", "smoke.json"), 3);
        Adapter("adapters/site.onnx_adapter", 100);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Failure_AdapterAnswersAsItsPromptsSay_IsNone()
    {
        Describe(["adapters/site.onnx_adapter"], []);
        Assert.Null(await RunAsync());
    }

    [Fact]
    public async Task Failure_AdapterAnswersOtherwise_Disagrees()
    {
        Describe(["adapters/site.onnx_adapter"], []);
        Adapter("adapters/site.onnx_adapter", 0);
        Assert.Equal("smoke-disagrees", (await RunAsync())?.Code);
    }

    [Fact]
    public async Task Failure_OnlyPatches_AreTestedWithTheVariantsOwnPrompts()
    {
        Describe([], []);
        Assert.Null(await RunAsync());
    }

    [Theory]
    [InlineData(5f, null)]
    [InlineData(float.NaN, "smoke-not-finite")]
    public async Task Failure_LocalAdapter_MustLeaveTheOutputsFinite(float value, string? code)
    {
        Describe([], ["adapters/local/own.onnx_adapter"]);
        Adapter("adapters/local/own.onnx_adapter", value);
        Assert.Equal(code, (await RunAsync())?.Code);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("missing")]
    [InlineData("foreign")]
    public async Task Failure_LocalAdapterThatIsNone_IsSaid(string what)
    {
        Describe([], ["adapters/local/own.onnx_adapter"]);
        if (what != "missing")
        {
            File.WriteAllBytes(
                _folder["adapters/local/own.onnx_adapter"],
                what == "garbage" ? Models.Random(500, 1) : AdapterFile.Of(("other", [1], [1])));
        }

        Assert.Equal("smoke-failed", (await RunAsync())?.Code);
    }

    [Theory]
    [InlineData("""{"schema":1}""")]
    [InlineData(
        """{"schema":1,"base":null,"composition":null,"name":"a","version":"1","adapters":["../../etc/passwd"],"localAdapters":[]}""")]
    [InlineData("[]")]
    public async Task Failure_DescriptionThatIsNone_IsNoPass(string description)
    {
        File.WriteAllText(_folder[SlotDescription.FileName], description);
        Assert.Equal("smoke-failed", (await RunAsync())?.Code);
    }

    private Task<Failure?> RunAsync() => new SmokeTrial([], [Bench.Executable], 256 << 20, TimeProvider.System)
        .FailureAsync(_folder.Root, int.MaxValue, TestContext.Current.CancellationToken);

    private void Describe(IReadOnlyList<string> adapters, IReadOnlyList<string> local) =>
        File.WriteAllBytes(
            _folder[SlotDescription.FileName],
            new SlotDescription(1, Digest.Of("b"u8), Digest.Of("c"u8), "site", "1", adapters, local).Write());

    private void Adapter(string path, float last) => File.WriteAllBytes(_folder[path], AdapterFile.Of(("lora", [4], [0, 0, 0, last])));

    private void Smoke(string path, int answer) => File.WriteAllBytes(_folder[path], JsonSerializer.SerializeToUtf8Bytes(
        new SmokeTest(3, 1, [new("p", [0], [answer, answer, answer])]), ContractsJson.Default.SmokeTest));
}
