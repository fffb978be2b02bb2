using SlmOps.Cli.Push;

namespace SlmOps.Cli.Tests.Push;

public sealed class BlockPlanTests
{
    private const long MiB = 1 << 20;

    [Theory]
    [InlineData(0, 8, 0)]
    [InlineData(8 * MiB, 8, 0)]
    [InlineData((8 * MiB) + 1, 8, 2)]
    [InlineData(5_200_000_000, 8, 620)]
    [InlineData(32L << 30, 8, 4096)]
    [InlineData(50_000 * 8 * MiB, 8, 50_000)]
    [InlineData((50_000 * 8 * MiB) + 1, 9, 44_445)]
    [InlineData(50_000 * 256 * MiB, 256, 50_000)]
    public void Of_Length_StaysWithinTheServicesLimits(long length, long blockMiB, int count)
    {
        var plan = BlockPlan.Of("f", length);

        Assert.Equal((blockMiB * MiB, count), (plan.BlockBytes, plan.Count));
        Assert.InRange(plan.Count, 0, BlockPlan.MostBlocks);
    }

    [Theory]
    [InlineData((8 * MiB) + 1)]
    [InlineData(6_000_000_000)]
    [InlineData((50_000 * 8 * MiB) + 12345)]
    public void Place_AllBlocks_CoverTheFileWithoutGapOrOverlap(long length)
    {
        var plan = BlockPlan.Of("f", length);
        var end = 0L;

        for (var block = 0; block < plan.Count; block++)
        {
            var (offset, bytes) = plan.Place(block);
            Assert.Equal(end, offset);
            Assert.InRange(bytes, 1, plan.BlockBytes);
            end = offset + bytes;
        }

        Assert.Equal(length, end);
    }

    [Fact]
    public void Of_MoreThanABlobHolds_IsRefusedWithTheLimit()
    {
        var refused = Assert.Throws<CliException>(() => BlockPlan.Of("huge.onnx_data", BlockPlan.MostBytes + 1));

        Assert.Equal(
            $"huge.onnx_data has {BlockPlan.MostBytes + 1} bytes; push sends files of {BlockPlan.MostBytes} bytes at most.", refused.Message);
        Assert.Equal(ExitCode.Usage, refused.Code);
    }

    [Theory]
    [InlineData(8, 8, 8)]
    [InlineData(8, 64, 64)]
    [InlineData(100, 8, 5)]
    [InlineData(256, 8, 2)]
    public void Parallel_LargeBlocks_AreFewerAtATime(long blockMiB, int wanted, int places) =>
        Assert.Equal(places, BlockPlan.Parallel((int)(blockMiB * MiB), wanted, 512 * MiB));
}
