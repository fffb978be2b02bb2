using System.Globalization;
using System.Text.Json.Serialization;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Lab;

/// <summary>One input of a decoder, as the program that runs other versions of ONNX Runtime makes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type in that binding's words.</param>
/// <param name="Fill"><c>tokens</c>, <c>ones</c>, <c>positions</c>, <c>count</c>, <c>false</c> or <c>empty</c>.</param>
/// <param name="Dims">Its shape; −1 stands for how many tokens there are.</param>
internal sealed record LabFeed(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("fill")] string Fill,
    [property: JsonPropertyName("dims")] IReadOnlyList<long> Dims);

/// <summary>What a decoder is fed with for a window from an empty cache, by the usual names of its inputs. Pure.</summary>
internal static class LabFeeds
{
    private const long Tokens = -1;
    private const string Past = "past_key_values.";
    private const int PastRank = 4;

    /// <summary>Null for a model with an input of another kind.</summary>
    internal static IReadOnlyList<LabFeed>? Of(ModelFacts facts)
    {
        var feeds = facts.Inputs.Select(Feed).OfType<LabFeed>().ToList();
        return feeds.Count == facts.Inputs.Count ? feeds : null;
    }

    private static LabFeed? Feed(GraphPort port) => (port.Name, port.Shape.Count) switch
    {
        ("input_ids", 2) => Integers(port, "tokens", [1, Tokens]),
        ("attention_mask", 2) => Integers(port, "ones", [1, Tokens]),
        ("position_ids", 2) => Integers(port, "positions", [1, Tokens]),
        ("cache_position", 1) => Integers(port, "positions", [Tokens]),
        ("num_logits_to_keep" or "logits_to_keep", 0 or 1) => Integers(port, "count", One(port)),
        ("use_cache_branch", 0 or 1) when port.ElementType == "bool" => new(port.Name, "bool", "false", One(port)),
        (var name, PastRank) when name.StartsWith(Past, StringComparison.Ordinal) => Cache(port),
        _ => null,
    };

    private static LabFeed? Integers(GraphPort port, string fill, IReadOnlyList<long> dims) =>
        port.ElementType is "int64" or "int32" ? new(port.Name, port.ElementType, fill, dims) : null;

    private static IReadOnlyList<long> One(GraphPort port) => port.Shape.Count == 1 ? [1] : [];

    private static LabFeed? Cache(GraphPort port) =>
        port.ElementType is "float32" or "float16" && Number(port.Shape[1]) is { } heads && Number(port.Shape[3]) is { } size
            ? new(port.Name, port.ElementType, "empty", [1, heads, 0, size])
            : null;

    private static long? Number(string dimension) =>
        long.TryParse(dimension, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}
