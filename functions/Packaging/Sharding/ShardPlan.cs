using System.Globalization;
using System.Text.RegularExpressions;

namespace SlmOps.Packaging.Sharding;

/// <summary>Where a weight goes.</summary>
/// <param name="Weight">The weight.</param>
/// <param name="Path">The shard.</param>
/// <param name="Offset">Offset in it.</param>
/// <param name="Length">Bytes.</param>
internal sealed record PlacedWeight(ExternalWeight Weight, string Path, long Offset, long Length);

/// <summary>
/// The shard rule: one file for each transformer block, one for what the graph reads before the first block, one for
/// the rest. A weight's block is the number in its own name or in the name of the node that reads it first.
/// </summary>
internal static partial class ShardPlan
{
    internal const string Folder = "weights/";
    internal const string Embedding = Folder + "embed.bin";
    internal const string Head = Folder + "head.bin";

    // What Windows can map at; systems with smaller pages can too.
    internal const long Alignment = 64 << 10;
    private const long SmallAlignment = 64;

    /// <summary>Places each weight; <paramref name="length"/> gives a weight's size.</summary>
    internal static IReadOnlyList<PlacedWeight> Make(ShardGraph graph, Func<ExternalWeight, long> length)
    {
        var blocks = graph.Weights.Select(weight => BlockOf(weight, graph)).ToList();
        var first = graph.Weights.Zip(blocks)
            .Where(pair => pair.Second is not null)
            .Select(pair => Order(pair.First, graph))
            .DefaultIfEmpty(int.MaxValue)
            .Min();
        var placed = new List<PlacedWeight>();
        foreach (var shard in graph.Weights
            .Zip(blocks, (weight, block) => (Weight: weight, Path: PathOf(weight, block, first, graph), Length: length(weight)))
            .GroupBy(one => one.Path))
        {
            long at = 0;
            var shared = new Dictionary<(string, long, long), long>();
            // Large ones first, so that their padding comes once each and small ones do not cost a page.
            foreach (var (weight, path, bytes) in shard.OrderBy(one => one.Length < Alignment))
            {
                var alignment = bytes < Alignment ? SmallAlignment : Alignment;
                var source = (weight.Location, weight.Offset, bytes);
                if (!shared.TryGetValue(source, out var offset))
                {
                    shared[source] = offset = (at + alignment - 1) / alignment * alignment;
                    at = offset + bytes;
                }

                placed.Add(new(weight, path, offset, bytes));
            }
        }

        return placed;
    }

    private static string PathOf(ExternalWeight weight, int? block, int first, ShardGraph graph) => block is { } number
        ? string.Create(CultureInfo.InvariantCulture, $"{Folder}L{number:D2}.bin")
        : Order(weight, graph) < first ? Embedding : Head;

    private static int? BlockOf(ExternalWeight weight, ShardGraph graph) =>
        BlockIn(weight.Name) ?? (graph.Consumers.TryGetValue(weight.Name, out var consumer) ? BlockIn(consumer.Node) : null);

    internal static int? BlockIn(string name) => BlockNumber().Match(name) is { Success: true } match
        ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
        : null;

    private static int Order(ExternalWeight weight, ShardGraph graph) =>
        graph.Consumers.TryGetValue(weight.Name, out var consumer) ? consumer.Order : int.MaxValue;

    [GeneratedRegex(@"(?:^|[./_])(?:layers?|blocks?|h)[./_](\d{1,4})(?:[./_]|$)", RegexOptions.CultureInvariant)]
    private static partial Regex BlockNumber();
}
