using SlmOps.Contracts;
using SlmOps.Pipeline.Package;

namespace SlmOps.Pipeline.Tests.Package;

public sealed class RamNeedTests
{
    private const long MiB = 1024 * 1024;

    [Theory]
    [InlineData(100 * MiB, 8 * MiB, 100 * MiB)]
    [InlineData((100 * MiB) + 1, 8 * MiB, 101 * MiB)]
    [InlineData(5 * MiB, 8 * MiB, 10 * MiB)]
    [InlineData(null, 8 * MiB, 10 * MiB)]
    [InlineData(0L, 8 * MiB, 10 * MiB)]
    [InlineData(null, 1L, MiB)]
    [InlineData(null, 0L, 0L)]
    [InlineData(null, 1L << 42, (1L << 42) + (1L << 40))]
    public void Of_PeakOrWeightsAndAQuarter_InWholeMiB(long? peak, long bytes, long expected) =>
        Assert.Equal(expected, RamNeed.Of(new(null, null, null, null, null, null, null, peak), bytes));
}
