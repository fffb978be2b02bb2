using SlmOps.Cli.Watch;
using SlmOps.Contracts.Operator;

namespace SlmOps.Cli.Tests.Watch;

public sealed class ProgressLinesTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly StageProgress Built = new()
    {
        Stage = "quantize",
        Variant = "int4",
        Part = "quantize",
        Fraction = 0.427,
        Bytes = 2_200_000_000,
        BytesPerSecond = 118_300_000,
        StartedAt = Noon,
        At = Noon.AddSeconds(20),
    };

    [Fact]
    public void Line_Progress_SaysPartPercentAndRate() =>
        Assert.Equal("quantize   int4           quantize 42 %, 118.3 MB/s", ProgressLines.Line(Built));

    [Fact]
    public void Line_NobodyKnowsHowMuch_SaysWhatIsKnown()
    {
        Assert.Equal("package                   package fp32", ProgressLines.Line(Only("package", "package fp32")));
        Assert.Equal(
            "intake                    store 2.20 GB",
            ProgressLines.Line(Only("intake", "store") with { Bytes = 2_200_000_000 }));
    }

    [Fact]
    public void Line_WaitsForRoom_SaysForWhat() => Assert.Equal(
        "validate   int4           waits: needs 10.4 GB of disk for the original; 3.2 GB are free",
        ProgressLines.Line(Built with { Stage = "validate", WaitsFor = "needs 10.4 GB of disk for the original; 3.2 GB are free" }));

    [Fact]
    public void Next_SameAgain_IsSaidAtEachTenthAndEachHalfMinute()
    {
        var lines = new ProgressLines();

        Assert.Single(lines.Next([Built]));
        Assert.Empty(lines.Next([Built]));
        Assert.Empty(lines.Next([Built with { Fraction = 0.49, At = Noon.AddSeconds(25) }]));
        Assert.Single(lines.Next([Built with { Fraction = 0.51, At = Noon.AddSeconds(30) }]));
        Assert.Single(lines.Next([Built with { Fraction = 0.52, At = Noon.AddSeconds(60) }]));
        Assert.Single(lines.Next([Built with { Part = "read", Fraction = 0.52, At = Noon.AddSeconds(65) }]));
    }

    [Fact]
    public void Next_TwoVariants_AreToldApart()
    {
        var lines = new ProgressLines();
        Assert.Single(lines.Next([Built]));

        Assert.Equal(
            ["quantize   int8           quantize 42 %, 118.3 MB/s"],
            lines.Next([Built, Built with { Variant = "int8" }]));
    }

    [Fact]
    public void Short_Several_StandInOneLine() => Assert.Equal(
        "quantize int4 quantize 42 %, 118.3 MB/s · package package fp32",
        ProgressLines.Short([Built, Only("package", "package fp32")]));

    private static StageProgress Only(string stage, string part) =>
        new() { Stage = stage, Part = part, StartedAt = Noon, At = Noon };
}
