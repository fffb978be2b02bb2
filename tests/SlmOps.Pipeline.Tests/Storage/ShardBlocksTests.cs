using SlmOps.Packaging.Sharding;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Tests.Storage;

public sealed class ShardBlocksTests
{
    private const long Large = ShardBlocks.LeastCopiedBytes;

    [Fact]
    public void Of_LargeAndSmallPieces_CopiesTheLargeAndSendsTheRest()
    {
        var blocks = ShardBlocks.Of(new WeightShard("s",
        [
            new("f", 5, 0, Large),
            new("f", 9_000_000, Large + 100, 50),
            new("g", 0, Large + 200, 10),
            new("f", 0, 2 * Large, Large + 1),
        ]));

        Assert.Equal(
            [(0, Large, 1, true), (Large, Large, 2, false), (2 * Large, Large + 1, 1, true)],
            blocks.Select(block => (block.At, block.Length, block.Pieces.Count, block.IsCopied)));
    }

    [Fact]
    public void Of_ManyShards_CoversEachByteOnceInOrder()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var shard = Random(new(seed));

            var blocks = ShardBlocks.Of(shard);

            var at = 0L;
            Assert.All(blocks, block =>
            {
                Assert.Equal(at, block.At);
                Assert.InRange(block.Length, 1, block.IsCopied ? ShardBlocks.CopiedBytes : (4 << 20) + Large);
                Assert.All(block.Pieces, piece => Assert.InRange(piece.At, block.At, block.At + block.Length - piece.Length));
                Assert.True(!block.IsCopied || block.Pieces is [var piece] && piece.At == block.At && piece.Length == block.Length);
                at += block.Length;
            });
            Assert.Equal(shard.Size, at);
            Assert.Equal(shard.Pieces.Sum(piece => piece.Length), blocks.SelectMany(block => block.Pieces).Sum(piece => piece.Length));
        }
    }

    [Fact]
    public void Of_PieceLargerThanABlock_IsCopiedInSeveral()
    {
        var blocks = ShardBlocks.Of(new WeightShard("s", [new("f", 7, 0, (2 * ShardBlocks.CopiedBytes) + 3)]));

        Assert.Equal(
            [(7, ShardBlocks.CopiedBytes), (7 + ShardBlocks.CopiedBytes, ShardBlocks.CopiedBytes), (7 + (2 * ShardBlocks.CopiedBytes), 3)],
            blocks.Select(block => (block.Pieces[0].Offset, block.Length)));
    }

    [Fact]
    public void Of_MoreBlocksThanStorageTakes_Throws()
    {
        var pieces = Enumerable.Range(0, 50_001).Select(index => new ShardPiece("f", index * Large, index * Large, Large)).ToList();

        Assert.Throws<InvalidDataException>(() => ShardBlocks.Of(new WeightShard("s", pieces)));
    }

    private static WeightShard Random(Random random)
    {
        var pieces = new List<ShardPiece>();
        long at = 0;
        for (var count = random.Next(1, 200); count > 0; count--)
        {
            at += random.Next(3) == 0 ? random.Next(1 << 16) : 0;
            var length = random.Next(4) == 0 ? random.NextInt64(1, 3 * ShardBlocks.CopiedBytes) : random.NextInt64(1, 1 << 17);
            pieces.Add(new("f", random.NextInt64(1 << 30), at, length));
            at += length;
        }

        return new("s", pieces);
    }
}
