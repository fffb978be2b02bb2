using SlmOps.Pipeline.Lab;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Tests.Lab;

public sealed class LabFeedsTests
{
    [Fact]
    public void Of_Decoder_IsFedAWindowAndAnEmptyCache()
    {
        var feeds = LabFeeds.Of(Facts(
            Port("input_ids", "int64", "batch", "sequence"),
            Port("attention_mask", "int64", "batch", "total"),
            Port("position_ids", "int32", "batch", "sequence"),
            Port("logits_to_keep", "int64"),
            Port("use_cache_branch", "bool", "1"),
            Port("past_key_values.0.key", "float16", "batch", "2", "past", "8")));

        Assert.Equal(
            [
                "input_ids int64 tokens 1,-1", "attention_mask int64 ones 1,-1", "position_ids int32 positions 1,-1",
                "logits_to_keep int64 count ", "use_cache_branch bool false 1", "past_key_values.0.key float16 empty 1,2,0,8",
            ],
            feeds!.Select(feed => $"{feed.Name} {feed.Type} {feed.Fill} {string.Join(',', feed.Dims)}"));
    }

    [Theory]
    [InlineData("pixel_values", "float32", 4)]
    [InlineData("input_ids", "float32", 2)]
    [InlineData("past_key_values.0.key", "float32", 3)]
    public void Of_InputOfAnotherKind_IsNotFed(string name, string type, int rank) =>
        Assert.Null(LabFeeds.Of(Facts(Port("input_ids", "int64", "b", "s"), new(name, type, [.. Enumerable.Repeat("n", rank)]))));

    private static GraphPort Port(string name, string type, params string[] shape) => new(name, type, shape);

    private static ModelFacts Facts(params GraphPort[] inputs) => new()
    {
        IrVersion = 8,
        Producer = "",
        Opsets = new Dictionary<string, long>(),
        Parameters = 0,
        WeightBytes = 0,
        GraphBytes = 0,
        Nodes = 0,
        Inputs = inputs,
        Outputs = [],
        Operators = new Dictionary<string, int>(),
        Weights = [],
        ExternalFiles = [],
        Architecture = "",
        QuantizedNodes = 0,
    };
}
