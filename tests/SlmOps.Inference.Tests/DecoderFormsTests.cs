using Microsoft.ML.OnnxRuntime.Tensors;
using SlmOps.Inference.Tests.Graphs;

namespace SlmOps.Inference.Tests;

/// <summary>Exports of other shapes than the sample's: every kind of input, element type and cache.</summary>
public sealed class DecoderFormsTests : IDisposable
{
    private static readonly Dictionary<string, ToyDecoderForm> Forms = new()
    {
        ["plain"] = new(),
        ["int32 tokens"] = new() { TokenType = TensorElementType.Int32 },
        ["float16"] = new() { FloatType = TensorElementType.Float16 },
        ["bfloat16"] = new() { FloatType = TensorElementType.BFloat16 },
        ["no positions"] = new() { PositionIds = false },
        ["tokens alone"] = new() { PositionIds = false, AttentionMask = false },
        ["no cache"] = new() { Cache = false },
        ["no cache, float16"] = new() { Cache = false, FloatType = TensorElementType.Float16 },
        ["cache position"] = new() { CachePosition = true },
        ["merged decoder"] = new() { UseCacheBranch = true },
        ["logits to keep"] = new() { LogitsToKeep = "num_logits_to_keep" },
        ["logits to keep, newer name"] = new() { LogitsToKeep = "logits_to_keep", CachePosition = true },
        ["open shapes"] = new() { OpenShapes = true },
    };

    private readonly TempFolder _folder = new();

    public static TheoryData<string> FormNames => [.. Forms.Keys];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(FormNames))]
    public void Append_EveryForm_GivesTheLogitsOfPlainArithmetic(string name)
    {
        var form = Forms[name];
        using var model = LanguageModel.Open(ToyDecoder.Save(form, _folder.Path), new() { HeadSize = ToyDecoder.Vocabulary });
        using var session = model.NewSession();

        Assert.Equal(ToyDecoder.Expected(form, [3, 1, 2], 0), session.Append([3, 1, 2], allLogits: true, Token));
        Assert.Equal(ToyDecoder.Expected(form, [3, 1, 2, 0], 3), session.Append([0], allLogits: true, Token));
        Assert.Equal(ToyDecoder.Expected(form, [3, 1, 2, 0, 2, 1], 4), session.Append([2, 1], allLogits: true, Token));
        Assert.Equal(
            ToyDecoder.Expected(form, [3, 1, 2, 0, 2, 1, 3, 3], 6).AsSpan()[^ToyDecoder.Vocabulary..],
            session.Append([3, 3], allLogits: false, Token));
        Assert.Equal(8, session.Length);

        session.Reset();
        Assert.Equal(ToyDecoder.Expected(form, [1], 0), session.Append([1], allLogits: true, Token));
    }

    [Fact]
    public void Open_HalfPrecisionWithInt32Tokens_SaysSoInItsShape()
    {
        var form = new ToyDecoderForm { TokenType = TensorElementType.Int32, FloatType = TensorElementType.BFloat16, PositionIds = false };
        using var model = LanguageModel.Open(ToyDecoder.Save(form, _folder.Path));
        Assert.Equal(
            new ModelShape
            {
                VocabularySize = 4,
                Layers = 1,
                KvHeads = 1,
                HeadSize = 4,
                HasKvCache = true,
                MaxPositions = null,
                NeedsPositionIds = false,
                NeedsAttentionMask = true,
                TokenType = "int32",
                CacheType = "bfloat16",
                LogitsType = "bfloat16",
            },
            model.Shape);
    }

    [Fact]
    public void Open_OpenVocabulary_IsFoundByRunning()
    {
        using var model = LanguageModel.Open(ToyDecoder.Save(new() { OpenShapes = true }, _folder.Path), new() { HeadSize = 4 });
        Assert.Equal(4, model.Shape.VocabularySize);
    }

    [Fact]
    public void Open_ConfigurationBeside_SaysTheMostPositions()
    {
        var path = ToyDecoder.Save(new(), _folder.Path);
        _folder.Write("config.json", """{"n_positions": 7}""");
        using var model = LanguageModel.Open(path);
        Assert.Equal(7, model.Shape.MaxPositions);
        using var told = LanguageModel.Open(path, new() { MaxPositions = 5 });
        Assert.Equal(5, told.Shape.MaxPositions);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("not JSON")]
    public void Open_BrokenConfigurationBeside_IsRefused(string config)
    {
        var path = ToyDecoder.Save(new(), _folder.Path);
        _folder.Write("config.json", config);
        Assert.Equal("bad-config", Assert.Throws<ModelOpenException>(() => LanguageModel.Open(path)).Code);
    }

    [Fact]
    public void Open_MissingFile_IsRefused()
    {
        var path = Path.Combine(_folder.Path, "nothing.onnx");
        Assert.Equal("file-missing", Assert.Throws<ModelOpenException>(() => LanguageModel.Open(path)).Code);
    }

    [Fact]
    public void Open_TruncatedFile_IsRefusedByName()
    {
        var path = ToyDecoder.Save(new(), _folder.Path);
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
        var refusal = Assert.Throws<ModelOpenException>(() => LanguageModel.Open(path));
        Assert.Equal("session-failed", refusal.Code);
        Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ExternalDataMissing_IsRefused()
    {
        var path = Path.Combine(_folder.Path, "model.onnx");
        File.Copy(Sample.Model, path);
        Assert.Equal("session-failed", Assert.Throws<ModelOpenException>(() => LanguageModel.Open(path)).Code);
    }

    [Fact]
    public void Append_ModelThatFailsWhileItRuns_ThrowsAndKeepsTheSequence()
    {
        using var broken = LanguageModel.Open(
            new OnnxGraph()
                .Input("input_ids", TensorElementType.Int64, "batch", "sequence")
                .Output("logits", TensorElementType.Float, 1, "rows", 2)
                .Floats("table", [3, 2], 1, 2, 3, 4, 5, 6)
                .Node("Gather", ["table", "input_ids"], "rows")
                .Longs("shape", [3], 1, 2, 2)
                .Node("Reshape", ["rows", "shape"], "logits")
                .Save(_folder.Path, "two-tokens-only"));
        using var session = broken.NewSession();
        session.Append([0, 1], allLogits: true, Token);
        Assert.Contains(
            "two-tokens-only",
            Assert
                .Throws<InferenceException>(() =>
                {
                    session.Append([0], allLogits: true, Token);
                })
                .Message,
            StringComparison.Ordinal);
        Assert.Equal(2, session.Length);
    }

    [Fact]
    public void Open_InputThatNoDecoderHas_IsRefusedByName()
    {
        var path = ToyDecoder.Save(new() { ExtraInput = "encoder_hidden_states" }, _folder.Path);
        var refusal = Assert.Throws<ModelOpenException>(() => LanguageModel.Open(path));
        Assert.Equal("unsupported-input", refusal.Code);
        Assert.Equal(path, refusal.ModelPath);
        Assert.Contains("'encoder_hidden_states' [batch, 3]", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GenerateGreedy_WithAndWithoutCache_GiveTheSame()
    {
        using var cached = LanguageModel.Open(ToyDecoder.Save(new(), _folder.Path, "cached"));
        using var plain = LanguageModel.Open(ToyDecoder.Save(new() { Cache = false }, _folder.Path, "plain"));
        Assert.Equal(plain.GenerateGreedy([2, 1], 12, Token), cached.GenerateGreedy([2, 1], 12, Token));
    }
}
