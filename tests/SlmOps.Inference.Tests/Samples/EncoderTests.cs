using Microsoft.ML.OnnxRuntime.Tensors;
using SlmOps.Inference.Samples;
using SlmOps.Inference.Tests.Graphs;

namespace SlmOps.Inference.Tests.Samples;

/// <summary>Encoders: what they are run on, and how their embeddings are compared.</summary>
public sealed class EncoderTests : IDisposable
{
    private const TensorElementType F32 = TensorElementType.Float;
    private const TensorElementType I64 = TensorElementType.Int64;
    private const int Width = 8;
    private static readonly string[] Words =
    [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        .. Enumerable.Range(0, 60).Select(i => $"word{(char)('a' + (i / 26))}{(char)('a' + (i % 26))}"),
    ];
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    private static string Case(string name) => Path.Combine(AppContext.BaseDirectory, "Cases", name);

    private static OutputComparisonOptions Rows(int rows) =>
        new() { Inputs = new Dictionary<string, InputHint> { ["input_ids"] = new() { Rows = rows } } };

    private string Encoder(string name, Func<int, int, float> value, params string[] mask)
    {
        var graph = new OnnxGraph().Input("input_ids", I64, "batch", "length");
        foreach (var input in mask)
        {
            graph.Input(input, I64, "batch", "length");
        }

        return graph
            .Floats(
                "table",
                [Words.Length, Width],
                [.. Enumerable.Range(0, Words.Length).SelectMany(row => Enumerable.Range(0, Width).Select(i => value(row, i)))])
            .Node("Gather", ["table", "input_ids"], "last_hidden_state")
            .Output("last_hidden_state", F32, "batch", "length", Width)
            .Save(_folder.Path, name);
    }

    private static float Seeded(int row, int i) => (float)Math.Sin((row * 31) + (i * 17) + (row * i));

    private OutputComparisonOptions Sentences()
    {
        var text = string.Join(
            '\n',
            Enumerable
                .Range(0, 24)
                .Select(i => string.Join(' ', Enumerable.Range(0, 4 + (i % 5)).Select(j => Words[4 + (((i * 7) + (j * 11)) % 60)]))));
        File.WriteAllText(Path.Combine(_folder.Path, "eval.txt"), text);
        File.WriteAllText(Path.Combine(_folder.Path, "vocab.txt"), string.Join('\n', Words));
        return Rows(Words.Length) with
        {
            TextFile = Path.Combine(_folder.Path, "eval.txt"),
            TokenizerFile = Path.Combine(_folder.Path, "vocab.txt"),
        };
    }

    [Fact]
    public void Compare_ModelThatIsBlindForMostIds_IsFarFromItsBaseline()
    {
        var blind = OutputComparison.Compare(Case("seeing-ids.onnx"), Case("blind-ids.onnx"), Rows(500), null, Token);
        Assert.True(blind.SqnrDb < 5, $"{blind.SqnrDb} dB");
        Assert.True(blind.Embeddings!.Cosine < 0.5);

        var same = OutputComparison.Compare(Case("seeing-ids.onnx"), Case("seeing-ids.onnx"), Rows(500), null, Token);
        Assert.Equal(OutputDifference.MaxSqnrDb, same.SqnrDb);
        Assert.Equal(1, same.Embeddings!.LeastCosine, 1e-6);
    }

    [Fact]
    public void Compare_Sentences_HaveEmbeddingsAndNeighbours()
    {
        var model = Encoder("a", Seeded);
        var noisy = Encoder("b", (row, i) => Seeded(row, i) + (0.01f * (float)Math.Cos(row * 13 * (i + 1))));
        var other = Encoder("c", (row, i) => Seeded(row + 1, i + 3));

        Assert.Equal(new EmbeddingAgreement("last_hidden_state", 1, 1, 1, 24), Round(Compare(model, model)));
        var near = Compare(model, noisy);
        Assert.InRange(near.Cosine, 0.98, 0.99999999);
        Assert.InRange(near.Neighbours!.Value, 0.8, 1);
        Assert.True(Compare(model, other).Neighbours < 0.7);

        EmbeddingAgreement Compare(string baseline, string candidate) =>
            OutputComparison.Compare(baseline, candidate, Sentences(), null, Token).Embeddings!;

        static EmbeddingAgreement Round(EmbeddingAgreement one) =>
            one with
            {
                Cosine = Math.Round(one.Cosine, 5),
                LeastCosine = Math.Round(one.LeastCosine, 5),
            };
    }

    [Fact]
    public void Compare_NeighboursOfRandomTokens_AreNotCounted() =>
        Assert.Null(
            OutputComparison.Compare(Encoder("a", Seeded), Encoder("b", Seeded), Rows(Words.Length), null, Token).Embeddings!.Neighbours);

    [Fact]
    public void Compare_FilledUpTokens_DoNotCountInTheMean()
    {
        // The row of [PAD] differs; the mask keeps it out of every embedding.
        var model = Encoder("a", Seeded, "attention_mask");
        var padded = Encoder("b", (row, i) => row == 0 ? 9 : Seeded(row, i), "attention_mask");
        var result = OutputComparison.Compare(model, padded, Sentences(), null, Token);
        Assert.Equal(1, result.Embeddings!.LeastCosine, 1e-6);
        Assert.True(result.SqnrDb < OutputDifference.MaxSqnrDb);
    }

    [Fact]
    public void Compare_OwnSamples_AreUsed()
    {
        var model = Encoder("a", Seeded);
        var differs = Encoder("b", (row, i) => row == 5 ? 0 : Seeded(row, i));
        File.WriteAllText(Path.Combine(_folder.Path, "s.json"), """[{"input_ids": [[4, 6]]}, {"input_ids": [[7, 8, 9], [10, 11, 12]]}]""");
        var options = new OutputComparisonOptions { SampleFiles = [Path.Combine(_folder.Path, "s.json")] };

        var without = OutputComparison.Compare(model, differs, options, null, Token);
        Assert.Equal((2, OutputDifference.MaxSqnrDb), (without.Samples, without.SqnrDb));
        File.WriteAllText(Path.Combine(_folder.Path, "s.json"), """{"input_ids": [[4, 5]]}""");
        Assert.True(OutputComparison.Compare(model, differs, options, null, Token).SqnrDb < 10);
        File.WriteAllText(Path.Combine(_folder.Path, "s.json"), """{"ids": [[4, 5]], "x": 1}""");
        Assert.Contains(
            "'ids'",
            Assert.Throws<ModelOpenException>(() => OutputComparison.Compare(model, differs, options, null, Token)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Compare_NumbersOfWhichNobodySaysAnything_AreRefusedWithWhatToWrite()
    {
        var model = new OnnxGraph().Input("x", F32, "batch", "width").Input("sr", I64).Node("Cast", ["sr"], "rate", ("to", (long)F32))
            .Node("Mul", ["x", "rate"], "y").Output("y", F32, "batch", "width").Save(_folder.Path, "sound");

        var refused = Assert.Throws<ModelOpenException>(() => OutputComparison.Compare(model, model, null, null, Token));
        Assert.Equal("input-unknown", refused.Code);
        Assert.Contains("\"inputs\": { \"sr\": { \"value\": 1 } }", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_folder.Path, refused.Message, StringComparison.Ordinal);

        Assert.Equal(OutputDifference.MaxSqnrDb, OutputComparison.Compare(model, model, new() { GuessUnknown = true }, null, Token).SqnrDb);
        var told = new OutputComparisonOptions { Inputs = new Dictionary<string, InputHint> { ["sr"] = new() { Value = 16000 } } };
        Assert.Equal(OutputDifference.MaxSqnrDb, OutputComparison.Compare(model, model, told, null, Token).SqnrDb);
    }

    [Fact]
    public void Create_MaskOfABatch_FillsUpLaterRows()
    {
        TensorPort[] ports = [new("attention_mask", I64, [-1, -1], ["batch", "length"])];
        using var mask = new SampleInputs("m.onnx", new()).Create(ports, 0, new(4, 8, 0))["attention_mask"];
        var ones = mask.GetTensorDataAsSpan<long>().ToArray().Chunk(8).Select(row => row.Sum());
        Assert.Equal([8, 6, 4, 2], ones);
    }

    [Fact]
    public void Create_Ids_CoverTheWholeTable()
    {
        TensorPort[] ports = [new("input_ids", I64, [-1, -1], ["batch", "length"])];
        using var ids = new SampleInputs("m.onnx", Rows(1000)).Create(ports, 0, new(8, 500, 0))["input_ids"];
        var values = ids.GetTensorDataAsSpan<long>().ToArray();
        Assert.InRange(values.Min(), 0, 5);
        Assert.InRange(values.Max(), 994, 999);
    }

    [Theory]
    [InlineData("input_ids:int,mask|last_hidden_state:3", "last_hidden_state")]
    [InlineData("x|sentence_embedding:2,last_hidden_state:3", "sentence_embedding")]
    [InlineData("x|logits:3", null)]
    [InlineData("x|logits:2", null)]
    [InlineData("x|output_0:3", "output_0")]
    public void OutputOf_Outputs_FindsTheOneWithEmbeddings(string ports, string? output) => Assert.Equal(output, EmbeddingSums.OutputOf(
        ports.Split('|')[1].Split(',').Select(port => port.Split(':')).ToDictionary(
            port => port[0], port => new TensorPort(port[0], F32, port[1] == "3" ? [-1, -1, 384] : [-1, 384], []))));
}
