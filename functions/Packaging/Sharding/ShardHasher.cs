using System.Security.Cryptography;
using SlmOps.Contracts;

namespace SlmOps.Packaging.Sharding;

/// <summary>
/// Digests of shards while the files that hold their pieces go by once, each from its first byte to its last. A piece that
/// comes before its turn in the shard waits in memory; where that would be too many bytes, the shard's digest stays unknown
/// and its pieces must be read by themselves.
/// </summary>
public sealed class ShardHasher : IDisposable
{
    private const int MaxHeldBytes = 64 << 20;
    private static readonly byte[] Zeros = new byte[64 << 10];

    private readonly List<ShardState> _shards = [];
    private readonly Dictionary<string, FilePieces> _files = [];
    private long _held;

    /// <summary>Starts with nothing seen.</summary>
    /// <param name="shards">The shards.</param>
    public ShardHasher(IReadOnlyList<WeightShard> shards)
    {
        ArgumentNullException.ThrowIfNull(shards);
        var pieces = new List<PieceState>();
        foreach (var shard in shards)
        {
            var state = new ShardState(shard.Path);
            state.Pieces.AddRange(shard.Pieces.Select(piece => new PieceState(piece, state)));
            _shards.Add(state);
            pieces.AddRange(state.Pieces);
            Start(state);
        }

        foreach (var file in pieces.GroupBy(piece => piece.Piece.File))
        {
            _files.Add(file.Key, new([.. file.OrderBy(piece => piece.Piece.Offset)]));
        }
    }

    /// <summary>Takes the next bytes of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where the bytes begin in it; where the ones before ended.</param>
    /// <param name="bytes">The bytes.</param>
    public void Append(string file, long offset, ReadOnlySpan<byte> bytes)
    {
        if (!_files.TryGetValue(file, out var found))
        {
            return;
        }

        if (offset != found.Position)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"'{file}' was read up to {found.Position}.");
        }

        var end = offset + bytes.Length;
        found.Position = end;
        for (var index = found.First; index < found.Pieces.Length && found.Pieces[index].Piece.Offset < end; index++)
        {
            var (from, to) = (found.Pieces[index].Piece.Offset, found.Pieces[index].Piece.Offset + found.Pieces[index].Piece.Length);
            if (to > offset)
            {
                var begin = Math.Max(from, offset);
                Take(found.Pieces[index], bytes[(int)(begin - offset)..(int)(Math.Min(to, end) - offset)]);
            }
        }

        while (found.First < found.Pieces.Length && found.Pieces[found.First].IsComplete)
        {
            found.First++;
        }
    }

    /// <summary>Digest of each shard by its path; null for one whose pieces did not all come, or came too far from their turn.</summary>
    public IReadOnlyDictionary<string, Digest?> Complete() => _shards.ToDictionary(
        shard => shard.Path,
        shard => shard.Hash is { } hash && shard.Turn == shard.Pieces.Count ? Digest.FromHash(hash.GetHashAndReset()) : (Digest?)null);

    /// <inheritdoc/>
    public void Dispose() => _shards.ForEach(shard => shard.Hash?.Dispose());

    private void Take(PieceState piece, ReadOnlySpan<byte> bytes)
    {
        var shard = piece.Shard;
        if (shard.Hash is null)
        {
            piece.Seen += bytes.Length;
            return;
        }

        if (shard.Turn < shard.Pieces.Count && shard.Pieces[shard.Turn] == piece)
        {
            shard.Hash.AppendData(bytes);
            shard.Position += bytes.Length;
            piece.Seen += bytes.Length;
            if (piece.IsComplete)
            {
                shard.Turn++;
                Start(shard);
            }
        }
        else
        {
            Hold(piece, bytes);
        }
    }

    private void Hold(PieceState piece, ReadOnlySpan<byte> bytes)
    {
        if (piece.Held is null && piece.Piece.Length <= MaxHeldBytes - _held)
        {
            piece.Held = new byte[piece.Piece.Length];
            _held += piece.Piece.Length;
        }

        if (piece.Held is { } held)
        {
            bytes.CopyTo(held.AsSpan((int)piece.Seen));
        }
        else
        {
            GiveUp(piece.Shard);
        }

        piece.Seen += bytes.Length;
    }

    /// <summary>Begins the piece whose turn it is, and ends all that waited for it.</summary>
    private void Start(ShardState shard)
    {
        while (shard.Turn < shard.Pieces.Count)
        {
            var piece = shard.Pieces[shard.Turn];
            for (var gap = piece.Piece.At - shard.Position; gap > 0; gap = piece.Piece.At - shard.Position)
            {
                var count = (int)Math.Min(gap, Zeros.Length);
                shard.Hash!.AppendData(Zeros, 0, count);
                shard.Position += count;
            }

            if (piece.Held is not { } held)
            {
                return;
            }

            shard.Hash!.AppendData(held, 0, (int)piece.Seen);
            shard.Position += piece.Seen;
            Release(piece);
            if (!piece.IsComplete)
            {
                return;
            }

            shard.Turn++;
        }
    }

    private void GiveUp(ShardState shard)
    {
        shard.Hash?.Dispose();
        shard.Hash = null;
        shard.Pieces.ForEach(Release);
    }

    private void Release(PieceState piece)
    {
        if (piece.Held is { } held)
        {
            _held -= held.Length;
            piece.Held = null;
        }
    }

    private sealed class ShardState(string path)
    {
        internal string Path => path;

        internal List<PieceState> Pieces { get; } = [];

        internal IncrementalHash? Hash { get; set; } = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        internal long Position { get; set; }

        internal int Turn { get; set; }
    }

    private sealed class PieceState(ShardPiece piece, ShardState shard)
    {
        internal ShardPiece Piece => piece;

        internal ShardState Shard => shard;

        internal byte[]? Held { get; set; }

        internal long Seen { get; set; }

        internal bool IsComplete => Seen == piece.Length;
    }

    private sealed class FilePieces(PieceState[] pieces)
    {
        internal PieceState[] Pieces => pieces;

        internal int First { get; set; }

        internal long Position { get; set; }
    }
}
