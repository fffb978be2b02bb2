namespace SlmOps.Contracts.Tests;

public sealed class ProcessorClassTests
{
    [Theory]
    [InlineData("x64", "sse4.2", "x86-64-v2")]
    [InlineData("x64", "", "x86-64-v2")]
    [InlineData("x64", "sse4.2 avx", "x86-64-avx")]
    [InlineData("x64", "sse4.2 avx avx2", "x86-64-avx")]
    [InlineData("x64", "sse4.2 avx avx2 fma", "x86-64-v3")]
    [InlineData("x64", "avx avx2 fma avxvnni", "x86-64-v3-vnni")]
    [InlineData("x64", "avx avx2 fma avx512f", "x86-64-v3")]
    [InlineData("x64", "avx avx2 fma avx512f avx512bw avx512dq avx512vl", "x86-64-v4")]
    [InlineData("x64", "avx avx2 fma avx512f avx512bw avx512dq avx512vl avx512vnni avxvnni", "x86-64-v4-vnni")]
    [InlineData("arm64", "neon", "arm64")]
    [InlineData("arm64", "neon dotprod", "arm64-dotprod")]
    [InlineData("s390x", "", null)]
    public void Of_InstructionSets_IsTheHighestClassThatIsWhole(string architecture, string sets, string? expected)
    {
        var found = ProcessorClass.Of(architecture, sets.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(expected, found);
        Assert.True(found is null || ProcessorClass.All.Contains(found));
    }

    [Fact]
    public void All_Names_AreSafeAndUnique()
    {
        Assert.Distinct(ProcessorClass.All);
        Assert.All(ProcessorClass.All, name => Assert.True(SafeName.IsValid(name)));
    }
}
