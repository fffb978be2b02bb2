using SlmOps.Packaging.Sharding;

namespace SlmOps.Pipeline.Storage;

/// <summary>A block of a blob that is put together.</summary>
/// <param name="At">Where it begins in the blob.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Pieces">What lies in it, zeros between.</param>
/// <param name="IsCopied">True when storage copies it: then it is all of one piece.</param>
internal sealed record ShardBlock(long At, long Length, IReadOnlyList<ShardPiece> Pieces, bool IsCopied);

/// <summary>Cuts a shard into blocks: large pieces are copied by storage, small ones with the zeros around them are sent. Pure.</summary>
internal static class ShardBlocks
{
    /// <summary>A block of a blob that is copied whole where that cannot be done at once.</summary>
    internal const long CopiedBytes = 64 << 20;

    /// <summary>Storage copies pieces from here on.</summary>
    internal const long LeastCopiedBytes = 256 << 10;

    private const long SentBytes = 4 << 20;

    // What a block blob may have.
    private const int MaxBlocks = 50_000;

    /// <exception cref="InvalidDataException">When the shard has more pieces than a blob may have blocks.</exception>
    internal static IReadOnlyList<ShardBlock> Of(WeightShard shard)
    {
        var blocks = new List<ShardBlock>();
        var small = new List<ShardPiece>();
        long at = 0;
        foreach (var piece in shard.Pieces)
        {
            if (piece.Length < LeastCopiedBytes)
            {
                if (piece.At + piece.Length - at > SentBytes)
                {
                    Send(piece.At);
                }

                small.Add(piece);
            }
            else
            {
                Send(piece.At);
                Copy(piece);
            }
        }

        Send(shard.Size);
        return blocks.Count <= MaxBlocks
            ? blocks
            : throw new InvalidDataException($"{shard.Path} would have {blocks.Count} blocks; storage takes {MaxBlocks}.");

        void Send(long end)
        {
            // A gap is less than an alignment, but whatever made the plan: no block is larger than what one may be.
            for (; end - at > SentBytes && small.Count == 0; at += SentBytes)
            {
                blocks.Add(new(at, SentBytes, [], IsCopied: false));
            }

            if (end > at)
            {
                blocks.Add(new(at, end - at, [.. small], IsCopied: false));
                small.Clear();
                at = end;
            }
        }

        void Copy(ShardPiece piece)
        {
            for (long done = 0; done < piece.Length; done += CopiedBytes)
            {
                var part = piece with
                {
                    Offset = piece.Offset + done,
                    At = piece.At + done,
                    Length = Math.Min(CopiedBytes, piece.Length - done),
                };
                blocks.Add(new(part.At, part.Length, [part], IsCopied: true));
            }

            at = piece.At + piece.Length;
        }
    }

    /// <summary>A whole blob, copied block by block.</summary>
    internal static IReadOnlyList<ShardBlock> Of(long length) => Of(new WeightShard("", [new("", 0, 0, length)]))
        .Select(block => block with { IsCopied = true }).ToList();
}
