using System.Globalization;
using System.Text;
using SlmOps.Packaging.Format;

namespace SlmOps.Packaging.Sharding;

/// <summary>A weight that lies outside the graph.</summary>
/// <param name="Field">Its place in the graph's bytes.</param>
/// <param name="Name">Its name.</param>
/// <param name="Location">File, relative to the graph.</param>
/// <param name="Offset">Offset in the file.</param>
/// <param name="Length">Bytes; null for the rest of the file.</param>
internal sealed record ExternalWeight(ProtoField Field, string Name, string Location, long Offset, long? Length);

/// <summary>
/// What sharding must know of an ONNX graph (onnx.proto: ModelProto.graph = 7; GraphProto.node = 1, initializer = 5,
/// sparse_initializer = 15; NodeProto.input = 1, name = 3, attribute = 5; AttributeProto.g = 6, graphs = 11).
/// </summary>
/// <param name="Bytes">The file.</param>
/// <param name="Graph">The graph's place in it.</param>
/// <param name="Weights">External weights, in graph order.</param>
/// <param name="Consumers">For each name, order and name of the first node that reads it.</param>
/// <param name="HasOthers">True when weights may lie where this does not look: in subgraphs or sparse tensors.</param>
internal sealed record ShardGraph(
    byte[] Bytes,
    ProtoField Graph,
    IReadOnlyList<ExternalWeight> Weights,
    IReadOnlyDictionary<string, (int Order, string Node)> Consumers,
    bool HasOthers)
{
    internal static ShardGraph Read(byte[] bytes)
    {
        var graphs = ProtoField.Read(bytes, 0, bytes.Length).Where(field => field.Number == 7).ToList();
        if (graphs.Count != 1)
        {
            throw new InvalidDataException($"The file has {graphs.Count} graphs; expected one.");
        }

        var weights = new List<ExternalWeight>();
        var consumers = new Dictionary<string, (int, string)>();
        var hasOthers = false;
        var order = 0;
        foreach (var field in ProtoField.Read(bytes, graphs[0].Content, graphs[0].End))
        {
            switch (field.Number)
            {
                case 1:
                    hasOthers |= ReadNode(bytes, field, order++, consumers);
                    break;
                case 5 when ReadWeight(bytes, field) is { } weight:
                    weights.Add(weight);
                    break;
                case 15:
                    hasOthers = true;
                    break;
            }
        }

        return new(bytes, graphs[0], weights, consumers, hasOthers);
    }

    private static bool ReadNode(byte[] bytes, ProtoField node, int order, Dictionary<string, (int Order, string Node)> consumers)
    {
        var (inputs, name, hasSubgraph) = (new List<string>(), "", false);
        foreach (var field in ProtoField.Read(bytes, node.Content, node.End))
        {
            switch (field.Number)
            {
                case 1:
                    inputs.Add(Text(bytes, field));
                    break;
                case 3:
                    name = Text(bytes, field);
                    break;
                case 5:
                    hasSubgraph |= ProtoField.Read(bytes, field.Content, field.End).Any(one => one.Number is 6 or 11);
                    break;
            }
        }

        foreach (var input in inputs)
        {
            consumers.TryAdd(input, (order, name));
        }

        return hasSubgraph;
    }

    private static ExternalWeight? ReadWeight(byte[] bytes, ProtoField tensor)
    {
        var name = "";
        var entries = new Dictionary<string, string>();
        foreach (var field in ProtoField.Read(bytes, tensor.Content, tensor.End))
        {
            if (field.Number == 8)
            {
                name = Text(bytes, field);
            }
            else if (field.Number == 13)
            {
                var entry = ProtoField.Read(bytes, field.Content, field.End).ToLookup(one => one.Number, one => Text(bytes, one));
                entries[entry[1].FirstOrDefault("")] = entry[2].FirstOrDefault("");
            }
        }

        return entries.TryGetValue("location", out var location)
            ? new(tensor, name, location, Number(entries, "offset") ?? 0, Number(entries, "length"))
            : null;
    }

    private static long? Number(Dictionary<string, string> entries, string key) => !entries.TryGetValue(key, out var text) ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new InvalidDataException($"A weight has the {key} '{StrictJson.Shown(text)}', which is not a number.");

    private static string Text(byte[] bytes, ProtoField field) => Encoding.UTF8.GetString(bytes, field.Content, field.End - field.Content);
}
