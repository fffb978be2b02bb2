using Microsoft.ML.OnnxRuntime.Tensors;
using SlmOps.Inference.Tests.Graphs;

namespace SlmOps.Inference.Tests;

/// <summary>LoRA adapters in ONNX Runtime: y = x + (x·a)·b, where a and b are optional inputs that are zero unless an adapter gives them.</summary>
public sealed class AdapterTrialTests : IDisposable
{
    private const TensorElementType F32 = TensorElementType.Float;
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_AdapterWithValues_ChangesTheOutputs() =>
        Assert.Equal(new AdapterTrialResult(IsFinite: true, IsChanged: true), Try(Adapter("a.onnx_adapter", 0.5f)));

    [Fact]
    public void Run_AdapterOfZeros_ChangesNothing() =>
        Assert.Equal(new AdapterTrialResult(IsFinite: true, IsChanged: false), Try(Adapter("zero.onnx_adapter", 0)));

    [Fact]
    public void Run_AdapterThatIsNotANumber_IsNotFinite() => Assert.False(Try(Adapter("nan.onnx_adapter", float.NaN)).IsFinite);

    [Fact]
    public void Run_AdapterOfAnotherModel_Fails()
    {
        var path = Save("other.onnx_adapter", AdapterFile.Of(("stranger", [4, 1], [1, 1, 1, 1])));

        Assert.Contains("stranger", Outcome(path).Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(40)]
    public void Run_DamagedAdapter_IsRefusedWithItsName(int keep)
    {
        var whole = AdapterFile.Of(("a", [4, 1], [1, 1, 1, 1]));
        var path = Save("cut.onnx_adapter", whole[..keep]);

        Assert.Contains("cut.onnx_adapter", Outcome(path).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void GenerateGreedy_WithAnAdapter_FollowsTheAdapter()
    {
        var model = Decoder();
        var adapter = Save("shift.onnx_adapter", AdapterFile.Of(("lora", [4], [0, 0, 0, 100])));
        using var plain = LanguageModel.Open(model);
        using var adapted = LanguageModel.Open(model, new() { Adapters = [adapter] });

        Assert.Equal([1, 1, 1], plain.GenerateGreedy([0], 3, Token));
        Assert.Equal([3, 3, 3], adapted.GenerateGreedy([0], 3, Token));
        Assert.Equal(
            new AdapterTrialResult(true, true),
            Assert
                .Single(
                    AdapterTrial.Run(
                        model,
                        [
                            [adapter],
                        ],
                        [
                            [0, 1],
                        ],
                        1,
                        null,
                        Token))
                .Result);
    }

    [Fact]
    public void Run_SeveralSets_EachHasItsOwnOutcome()
    {
        var (good, idle) = (
            Save("good.onnx_adapter", AdapterFile.Of(("lora", [4], [0, 0, 0, 100]))),
            Save("idle.onnx_adapter", AdapterFile.Of(("lora", [4], [0, 0, 0, 0]))));
        var broken = Save("broken.onnx_adapter", [1, 2, 3]);

        var outcomes = AdapterTrial.Run(Decoder(), [[good], [idle], [broken]], [[0, 1]], 1, null, Token);

        Assert.Equal([new(true, true), new(true, false), null], outcomes.Select(outcome => outcome.Result));
        Assert.Contains("broken.onnx_adapter", outcomes[2].Refusal, StringComparison.Ordinal);
    }

    private AdapterOutcome Outcome(string adapter) => Assert.Single(AdapterTrial.Run(Model(), [[adapter]], null, 1, null, Token));

    private AdapterTrialResult Try(string adapter) => Outcome(adapter).Result!;

    private string Adapter(string name, float value) =>
        Save(name, AdapterFile.Of(("a", [4, 1], [value, value, value, value]), ("b", [1, 4], [1, 2, 3, 4])));

    private string Save(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private string Model() => new OnnxGraph()
        .Input("x", F32, "batch", 4).Input("a", F32, 4, "rank").Input("b", F32, "rank", 4).Output("y", F32, "batch", 4)
        .Floats("a", [4, 1], 0, 0, 0, 0).Floats("b", [1, 4], 0, 0, 0, 0)
        .Node("MatMul", ["x", "a"], "down").Node("MatMul", ["down", "b"], "up").Node("Add", ["x", "up"], "y")
        .Save(_folder.Path, "lora");

    /// <summary>A decoder without a cache that always says 1, unless an adapter adds to its logits.</summary>
    private string Decoder() =>
        new OnnxGraph()
            .Input("input_ids", TensorElementType.Int64, "batch", "sequence")
            .Input("lora", F32, 4)
            .Output("logits", F32, "batch", "sequence", 4)
            .Floats("table", [4, 4], 0, 9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0)
            .Floats("lora", [4], 0, 0, 0, 0)
            .Node("Gather", ["table", "input_ids"], "rows")
            .Node("Add", ["rows", "lora"], "logits")
            .Save(_folder.Path, "decoder");
}
