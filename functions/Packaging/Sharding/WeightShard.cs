namespace SlmOps.Packaging.Sharding;

/// <summary>A stretch of a file that is a stretch of a shard.</summary>
/// <param name="File">The file.</param>
/// <param name="Offset">Where it begins there, in bytes.</param>
/// <param name="At">Where it begins in the shard, in bytes.</param>
/// <param name="Length">Its bytes; more than 0.</param>
public sealed record ShardPiece(string File, long Offset, long At, long Length);

/// <summary>A file of a package that is cut out of a model's external data; what lies between the pieces is zeros.</summary>
/// <param name="Path">Its path in the package.</param>
/// <param name="Pieces">The pieces by <see cref="ShardPiece.At"/>, without overlaps.</param>
public sealed record WeightShard(string Path, IReadOnlyList<ShardPiece> Pieces)
{
    /// <summary>Its bytes.</summary>
    public long Size => Pieces.Count == 0 ? 0 : Pieces[^1].At + Pieces[^1].Length;
}

/// <summary>How a model's weights are cut into shards.</summary>
/// <param name="Graph">The graph with the new places of its weights; null when they stay where they are.</param>
/// <param name="Shards">The shards.</param>
/// <param name="Moved">The external data files that the shards take the place of, as the graph names them.</param>
/// <param name="Reason">Why the weights stay where they are, or null.</param>
public sealed record ShardedModel(
    ReadOnlyMemory<byte>? Graph, IReadOnlyList<WeightShard> Shards, IReadOnlyList<string> Moved, string? Reason);
