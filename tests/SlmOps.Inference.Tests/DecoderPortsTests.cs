using Microsoft.ML.OnnxRuntime.Tensors;

namespace SlmOps.Inference.Tests;

public sealed class DecoderPortsTests
{
    private const TensorElementType F32 = TensorElementType.Float;
    private const TensorElementType I64 = TensorElementType.Int64;

    private static TensorPort Ids => Port("input_ids", I64, -1, -1);

    private static TensorPort Logits => Port("logits", F32, -1, -1, 10);

    [Fact]
    public void Read_CacheInAnyOrder_IsSortedByLayerNumber()
    {
        string[] names = ["10.value", "2.key", "10.key", "2.value"];
        var ports = Read(
            [Ids, .. names.Select(name => Port("past_key_values." + name, F32, -1, 2, -1, 8))],
            [Logits, .. names.Select(name => Port("present." + name, F32, -1, 2, -1, 8))]);
        Assert.Equal(
            ["present.2.key", "present.2.value", "present.10.key", "present.10.value"],
            ports.Cache.Select(port => port.Present));
    }

    [Fact]
    public void Read_OpenCacheShape_TakesTheOutputsOrTheConfiguredNumbers()
    {
        TensorPort[] inputs = [Ids, Port("past_key_values.0.key", F32, -1, -1, -1, -1)];
        TensorPort[] outputs = [Logits, Port("present.0.key", F32, -1, 3, -1, -1)];
        Assert.Equal(
            new CachePort("past_key_values.0.key", "present.0.key", F32, 3, 16),
            Assert.Single(Read(inputs, outputs, headSize: 16).Cache));
        Assert.Contains("config.json", Refusal("unsupported-shape", inputs, outputs), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoLogits_SaysWhatThereIs() =>
        Assert.Contains(
            "outputs 'last_hidden_state'",
            Refusal("not-a-language-model", [Ids], [Port("last_hidden_state", F32, -1, -1, 8)]),
            StringComparison.Ordinal);

    [Fact]
    public void Read_PastWithoutPresent_IsRefused() =>
        Assert.Contains(
            "'present.0.key'",
            Refusal("unsupported-input", [Ids, Port("past_key_values.0.key", F32, -1, 2, -1, 8)], [Logits]),
            StringComparison.Ordinal);

    [Fact]
    public void Read_EncoderCache_IsRefusedByName() =>
        Assert.Contains(
            "'past_key_values.0.encoder.key'",
            Refusal("unsupported-input", [Ids, Port("past_key_values.0.encoder.key", F32, -1, 2, -1, 8)], [Logits]),
            StringComparison.Ordinal);

    [Fact]
    public void Read_FixedSequence_IsRefused() =>
        Assert.Contains(
            "fixes the length of 'input_ids' to 128",
            Refusal("unsupported-shape", [Port("input_ids", I64, 1, 128)], [Logits]),
            StringComparison.Ordinal);

    [Fact]
    public void Read_FixedBatch_IsRefused() =>
        Assert.Contains(
            "batch of 'input_ids' to 4",
            Refusal("unsupported-shape", [Port("input_ids", I64, 4, -1)], [Logits]),
            StringComparison.Ordinal);

    [Fact]
    public void Read_MultimodalPositions_AreRefused() =>
        Assert.Contains(
            "'position_ids' with shape [3, ?, ?]",
            Refusal("unsupported-shape", [Ids, Port("position_ids", I64, 3, -1, -1)], [Logits]),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("input_ids", TensorElementType.Float)]
    [InlineData("attention_mask", TensorElementType.Float)]
    [InlineData("use_cache_branch", TensorElementType.Int64)]
    [InlineData("num_logits_to_keep", TensorElementType.Float)]
    public void Read_WrongElementType_IsRefused(string name, TensorElementType type)
    {
        TensorPort[] inputs =
        [
            .. new[] { Ids }.Where(port => port.Name != name),
            name is "use_cache_branch" or "num_logits_to_keep" ? Port(name, type, 1) : Port(name, type, -1, -1),
        ];
        Assert.Contains($"'{name}' of type {type}", Refusal("unsupported-type", inputs, [Logits]), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_CacheTypesThatDiffer_AreRefused() => Refusal(
        "unsupported-type",
        [Ids, Port("past_key_values.0.key", F32, -1, 2, -1, 8)],
        [Logits, Port("present.0.key", TensorElementType.Float16, -1, 2, -1, 8)]);

    [Fact]
    public void IsLanguageModel_NeedsTokensAndLogits()
    {
        Assert.True(LanguageModel.IsLanguageModel(["attention_mask", "input_ids"], ["present.0.key", "logits"]));
        Assert.False(LanguageModel.IsLanguageModel(["input_ids"], ["last_hidden_state"]));
        Assert.False(LanguageModel.IsLanguageModel(["pixel_values"], ["logits"]));
    }

    private static TensorPort Port(string name, TensorElementType type, params int[] dimensions) => new(name, type, dimensions, []);

    private static DecoderPorts Read(TensorPort[] inputs, TensorPort[] outputs, int? kvHeads = null, int? headSize = null) =>
        DecoderPorts.Read("m.onnx", inputs.ToDictionary(port => port.Name), outputs.ToDictionary(port => port.Name), kvHeads, headSize);

    private static string Refusal(string code, TensorPort[] inputs, TensorPort[] outputs)
    {
        var refusal = Assert.Throws<ModelOpenException>(() => Read(inputs, outputs));
        Assert.Equal(code, refusal.Code);
        Assert.StartsWith("'m.onnx'", refusal.Message, StringComparison.Ordinal);
        return refusal.Message;
    }
}
