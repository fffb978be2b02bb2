using SlmOps.Packaging.Deltas;

namespace SlmOps.Packaging.Tests.Deltas;

public sealed class TypedDifferenceTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(31)]
    [InlineData(64)]
    [InlineData(1000)]
    [InlineData(1001)]
    public void Add_OfADifference_GivesTheTarget(int length)
    {
        var random = new Random(length);
        var (target, basis, difference, result) = (new byte[length], new byte[length], new byte[length], new byte[length]);
        random.NextBytes(target);
        random.NextBytes(basis);

        TypedDifference.Subtract8(target, basis, difference);
        TypedDifference.Add8(basis, difference, result);
        Assert.Equal(target, result);

        TypedDifference.Subtract4(target, basis, difference);
        TypedDifference.Add4(basis, difference, result);
        Assert.Equal(target, result);

        if (length % 2 == 0)
        {
            TypedDifference.Subtract16(target, basis, difference);
            TypedDifference.Add16(basis, difference, result);
            Assert.Equal(target, result);
        }
    }

    [Fact]
    public void Subtract_KnownNumbers_GivesTheKnownDifferences()
    {
        var difference = new byte[4];

        // 3-5, 0-1, 255-0, 16-15 modulo 256.
        TypedDifference.Subtract8([3, 0, 255, 16], [5, 1, 0, 15], difference);
        Assert.Equal([254, 255, 255, 1], difference);

        // Each half alone, modulo 16: 0x3-0x5 = 0xE, 0x1-0x0 = 0x1; no borrow crosses.
        TypedDifference.Subtract4([0x13, 0x00, 0xF0, 0x0F], [0x05, 0x11, 0x0F, 0xF0], difference);
        Assert.Equal([0x1E, 0xFF, 0xF1, 0x1F], difference);

        // 0x0100-0x0001 = 0x00FF, 0x0000-0x0001 = 0xFFFF; low bytes first.
        TypedDifference.Subtract16([0x00, 0x01, 0x00, 0x00], [0x01, 0x00, 0x01, 0x00], difference);
        Assert.Equal([0xFF, 0xFF, 0x00, 0xFF], difference);
    }
}
