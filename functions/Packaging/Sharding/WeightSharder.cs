using System.Globalization;
using System.Text;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;

namespace SlmOps.Packaging.Sharding;

/// <summary>A variant as it is packed.</summary>
/// <param name="Files">All its files.</param>
/// <param name="Reason">Why its weights stay where they are, or null.</param>
public sealed record ShardedVariant(IReadOnlyList<VariantFile> Files, string? Reason);

/// <summary>
/// Moves the external weights of an ONNX model into one file a transformer block, so that a device whose model changed
/// in a few blocks fetches only those, with any client. Only the places of weights change in the graph; every other
/// byte of it, and every weight, stays.
/// </summary>
public static class WeightSharder
{
    private const long MaxGraphBytes = 256L << 20;

    /// <summary>
    /// Plans the shards. Nothing is copied: a shard is read from the weights' own files while it is packed, so packing a
    /// sharded variant takes one pass over its bytes.
    /// </summary>
    /// <param name="folder">The variant.</param>
    /// <param name="graph">Path of its graph in the folder, in the folder itself.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="PackageFormatException">When a weight lies outside the folder or past the end of its file, or the files cannot be a package.</exception>
    public static async Task<ShardedVariant> ReadAsync(string folder, string graph, CancellationToken cancellationToken)
    {
        var (parsed, reason) = await ReadGraphAsync(Path.Combine(folder, graph), cancellationToken).ConfigureAwait(false);
        if (parsed is null)
        {
            return new(VariantFile.Below(folder), reason);
        }

        var placed = ShardPlan.Make(parsed, weight => LengthOf(folder, weight));
        HashSet<string> moved = [graph, .. parsed.Weights.Select(weight => weight.Location)];
        var rewritten = Rewrite(parsed, placed);
        return new(
            [
                .. VariantFile.Below(folder).Where(file => !moved.Contains(file.Path)),
                .. placed.GroupBy(weight => weight.Path).Select(shard => new VariantFile(shard.Key, Shard(folder, shard))),
                new(graph, () => new MemoryStream(rewritten, writable: false)),
            ],
            null);
    }

    private static Func<Stream> Shard(string folder, IEnumerable<PlacedWeight> weights)
    {
        ShardPiece[] pieces =
        [
            .. weights
                .Where(weight => weight.Length > 0)
                .DistinctBy(weight => weight.Offset)
                .OrderBy(weight => weight.Offset)
                .Select(weight => new ShardPiece(
                    Path.Combine(folder, weight.Weight.Location),
                    weight.Weight.Offset,
                    weight.Offset,
                    weight.Length)),
        ];
        return () => new ShardStream(pieces);
    }

    private static async Task<(ShardGraph? Graph, string? Reason)> ReadGraphAsync(string path, CancellationToken cancellationToken)
    {
        if (new FileInfo(path).Length > MaxGraphBytes)
        {
            return (null, $"The graph has more than {MaxGraphBytes} bytes; weights inside it cannot be moved.");
        }

        var graph = ShardGraph.Read(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false));
        return graph switch
        {
            { Weights.Count: 0 } => (null, "The graph has no external weights."),
            { HasOthers: true } => (null, "The graph has subgraphs or sparse weights, whose places are not rewritten."),
            _ => (graph, null),
        };
    }

    private static long LengthOf(string folder, ExternalWeight weight)
    {
        var file = new FileInfo(Path.Combine(folder, weight.Location));
        if (!SafePath.IsValid(weight.Location) || !file.Exists || file.LinkTarget is not null)
        {
            throw new PackageFormatException(
                "unsafe-path",
                $"The weight '{StrictJson.Shown(weight.Name)}' lies in '{StrictJson.Shown(weight.Location)}', which is no file of the "
                    + "variant."
            );
        }

        var length = weight.Length ?? file.Length - weight.Offset;
        return length >= 0 && weight.Offset <= file.Length && length <= file.Length - weight.Offset
            ? length
            : throw new PackageFormatException(
                "out-of-range", $"The weight '{StrictJson.Shown(weight.Name)}' lies past the end of '{weight.Location}'.");
    }

    private static byte[] Rewrite(ShardGraph graph, IReadOnlyList<PlacedWeight> placed)
    {
        var places = placed.ToDictionary(weight => weight.Weight.Field.Start);
        using var body = new MemoryStream();
        foreach (var field in ProtoField.Read(graph.Bytes, graph.Graph.Content, graph.Graph.End))
        {
            if (field.Number == 5 && places.TryGetValue(field.Start, out var place))
            {
                ProtoField.Write(body, 5, RewriteTensor(graph.Bytes, field, place));
            }
            else
            {
                body.Write(graph.Bytes, field.Start, field.End - field.Start);
            }
        }

        using var model = new MemoryStream();
        model.Write(graph.Bytes, 0, graph.Graph.Start);
        ProtoField.WriteHead(model, 7, body.Length);
        body.WriteTo(model);
        model.Write(graph.Bytes, graph.Graph.End, graph.Bytes.Length - graph.Graph.End);
        return model.ToArray();
    }

    private static byte[] RewriteTensor(byte[] bytes, ProtoField tensor, PlacedWeight place)
    {
        using var output = new MemoryStream();
        foreach (var field in ProtoField.Read(bytes, tensor.Content, tensor.End).Where(field => field.Number != 13))
        {
            output.Write(bytes, field.Start, field.End - field.Start);
        }

        WriteEntry(output, "location", place.Path);
        WriteEntry(output, "offset", place.Offset.ToString(CultureInfo.InvariantCulture));
        WriteEntry(output, "length", place.Length.ToString(CultureInfo.InvariantCulture));
        return output.ToArray();
    }

    private static void WriteEntry(Stream output, string key, string value)
    {
        using var entry = new MemoryStream();
        ProtoField.Write(entry, 1, Encoding.UTF8.GetBytes(key));
        ProtoField.Write(entry, 2, Encoding.UTF8.GetBytes(value));
        ProtoField.Write(output, 13, entry.ToArray());
    }
}
