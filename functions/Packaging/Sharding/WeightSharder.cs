using System.Globalization;
using System.Text;
using SlmOps.Contracts;

namespace SlmOps.Packaging;

/// <summary>A file of weights.</summary>
/// <param name="Path">Its path in the variant.</param>
/// <param name="Bytes">Its size.</param>
public sealed record Shard(string Path, long Bytes);

/// <summary>What came of sharding.</summary>
/// <param name="Shards">The shards; empty when the variant was copied as it is.</param>
/// <param name="Reason">Why it was not sharded, or null.</param>
public sealed record ShardingResult(IReadOnlyList<Shard> Shards, string? Reason);

/// <summary>
/// Moves the external weights of an ONNX model into one file a transformer block, so that a device whose model changed
/// in a few blocks fetches only those, with any client. Only the places of weights change in the graph; every other
/// byte of it, and every weight, stays.
/// </summary>
public static class WeightSharder
{
    private const long MaxGraphBytes = 256L << 20;
    private const int CopyBytes = 1 << 20;

    /// <summary>Writes the sharded variant beside the original.</summary>
    /// <param name="folder">The variant.</param>
    /// <param name="graph">Path of its graph in the folder, in the folder itself.</param>
    /// <param name="output">A folder that is empty or does not exist; it then holds the whole variant.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="PackageFormatException">When a weight lies outside the folder or past the end of its file.</exception>
    public static async Task<ShardingResult> ShardAsync(string folder, string graph, string output, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(output);
        var (parsed, reason) = await ReadAsync(Path.Combine(folder, graph), cancellationToken).ConfigureAwait(false);
        if (parsed is null)
        {
            Copy(folder, output, []);
            return new([], reason);
        }

        var placed = ShardPlan.Make(parsed, weight => LengthOf(folder, weight));
        Copy(folder, output, [graph, .. parsed.Weights.Select(weight => weight.Location)]);
        var shards = new List<Shard>();
        foreach (var shard in placed.GroupBy(weight => weight.Path))
        {
            shards.Add(await WriteShardAsync(folder, output, shard.Key, [.. shard], cancellationToken).ConfigureAwait(false));
        }

        await File.WriteAllBytesAsync(Path.Combine(output, graph), Rewrite(parsed, placed), cancellationToken).ConfigureAwait(false);
        return new([.. shards.OrderBy(shard => shard.Path, StringComparer.Ordinal)], null);
    }

    private static async Task<(ShardGraph? Graph, string? Reason)> ReadAsync(string path, CancellationToken cancellationToken)
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
                "unsafe-path", $"The weight '{StrictJson.Shown(weight.Name)}' lies in '{StrictJson.Shown(weight.Location)}', which is no file of the variant.");
        }

        var length = weight.Length ?? file.Length - weight.Offset;
        return length >= 0 && weight.Offset <= file.Length && length <= file.Length - weight.Offset
            ? length
            : throw new PackageFormatException(
                "out-of-range", $"The weight '{StrictJson.Shown(weight.Name)}' lies past the end of '{weight.Location}'.");
    }

    private static async Task<Shard> WriteShardAsync(
        string folder, string output, string path, IReadOnlyList<PlacedWeight> weights, CancellationToken cancellationToken)
    {
        var target = Path.Combine(output, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        using var file = File.OpenHandle(target, FileMode.CreateNew, FileAccess.Write);
        var buffer = new byte[CopyBytes];
        foreach (var weight in weights.DistinctBy(one => one.Offset))
        {
            using var source = File.OpenHandle(Path.Combine(folder, weight.Weight.Location));
            for (long done = 0; done < weight.Length;)
            {
                var chunk = buffer.AsMemory(0, (int)Math.Min(buffer.Length, weight.Length - done));
                var read = await RandomAccess.ReadAsync(source, chunk, weight.Weight.Offset + done, cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new InvalidDataException($"'{weight.Weight.Location}' became shorter while it was read.");
                }

                await RandomAccess.WriteAsync(file, chunk[..read], weight.Offset + done, cancellationToken).ConfigureAwait(false);
                done += read;
            }
        }

        return new(path, RandomAccess.GetLength(file));
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

    private static void Copy(string folder, string output, IReadOnlyCollection<string> without)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(folder, file);
            if (!without.Contains(path.Replace(Path.DirectorySeparatorChar, '/')))
            {
                var target = Path.Combine(output, path);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }
        }
    }
}
