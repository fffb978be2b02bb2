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
    /// <summary>Most bytes of a graph whose weights are moved; a larger one holds them itself.</summary>
    public const long MaxGraphBytes = 256L << 20;

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
        var path = Path.Combine(folder, graph);
        var plan = new FileInfo(path).Length > MaxGraphBytes
            ? TooLarge()
            : Plan(await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false), file => SizeOf(folder, file));
        if (plan.Graph is not { } rewritten)
        {
            return new(VariantFile.Below(folder), plan.Reason);
        }

        HashSet<string> moved = [graph, .. plan.Moved];
        return new(
            [
                .. VariantFile.Below(folder).Where(file => !moved.Contains(file.Path)),
                .. plan.Shards.Select(shard => new VariantFile(shard.Path, () => Open(folder, shard))),
                new(graph, () => new MemoryStream(rewritten.ToArray(), writable: false)),
            ],
            null);
    }

    /// <summary>Plans the shards from the graph alone, wherever the weights lie.</summary>
    /// <param name="graph">Bytes of the graph, at most <see cref="MaxGraphBytes"/>; it is not trusted.</param>
    /// <param name="sizeOf">Bytes of an external data file by the name that the graph has for it; null when there is none.</param>
    /// <exception cref="PackageFormatException">When a weight lies in no file of the variant or past the end of it.</exception>
    /// <exception cref="InvalidDataException">When the bytes are no graph.</exception>
    public static ShardedModel Plan(byte[] graph, Func<string, long?> sizeOf)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(sizeOf);
        if (graph.Length > MaxGraphBytes)
        {
            return TooLarge();
        }

        var parsed = ShardGraph.Read(graph);
        if (parsed.Weights.Count == 0)
        {
            return Whole("The graph has no external weights.");
        }

        if (parsed.HasOthers)
        {
            return Whole("The graph has subgraphs or sparse weights, whose places are not rewritten.");
        }

        var placed = ShardPlan.Make(parsed, weight => LengthOf(weight, sizeOf));
        return new(
            Rewrite(parsed, placed),
            [.. placed.GroupBy(weight => weight.Path).Select(shard => new WeightShard(shard.Key, Pieces(shard)))],
            [.. parsed.Weights.Select(weight => weight.Location).Distinct()],
            null);
    }

    private static ShardedModel TooLarge() =>
        Whole($"The graph has more than {MaxGraphBytes} bytes; weights inside it cannot be moved.");

    private static ShardedModel Whole(string reason) => new(null, [], [], reason);

    private static ShardPiece[] Pieces(IEnumerable<PlacedWeight> weights) =>
        [
            .. weights
                .Where(weight => weight.Length > 0)
                .DistinctBy(weight => weight.Offset)
                .OrderBy(weight => weight.Offset)
                .Select(weight => new ShardPiece(weight.Weight.Location, weight.Weight.Offset, weight.Offset, weight.Length)),
        ];

    private static ShardStream Open(string folder, WeightShard shard) =>
        new([.. shard.Pieces.Select(piece => piece with { File = Path.Combine(folder, piece.File) })]);

    private static long? SizeOf(string folder, string location)
    {
        var file = new FileInfo(Path.Combine(folder, location));
        return file.Exists && file.LinkTarget is null ? file.Length : null;
    }

    private static long LengthOf(ExternalWeight weight, Func<string, long?> sizeOf)
    {
        if (!SafePath.IsValid(weight.Location) || sizeOf(weight.Location) is not { } size)
        {
            throw new PackageFormatException(
                "unsafe-path",
                $"The weight '{StrictJson.Shown(weight.Name)}' lies in '{StrictJson.Shown(weight.Location)}', which is no file of the "
                    + "variant."
            );
        }

        var length = weight.Length ?? size - weight.Offset;
        return length >= 0 && weight.Offset <= size && length <= size - weight.Offset
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
