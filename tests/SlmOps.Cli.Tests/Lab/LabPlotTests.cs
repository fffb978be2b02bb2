using System.Xml.Linq;
using SlmOps.Cli.Lab;
using SlmOps.Inference.Trials;
using SlmOps.Pipeline.Lab;

namespace SlmOps.Cli.Tests.Lab;

public sealed class LabPlotTests
{
    [Fact]
    public void Figure_LossesAgainstTheOriginal_AreLogarithmsInTheOrderOfTheProcessors()
    {
        var figure = LabFigure.Of(Report(
            Row("int8", "native", 0.001, "passed"), Row("int8", "haswell", 0.1, "differs"), Row("int8", "cortex-a72", null, "died"),
            Row("fp32", "native", 0, "passed"), Row("fp32", "vnni", null, "not-tried")));

        Assert.True(figure.IsLogarithmic);
        Assert.Equal(["native", "haswell", "cortex-a72"], figure.Processors);
        Assert.Equal(["int8", "fp32"], figure.Variants.Select(line => line.Name));
        Assert.Equal([(0, -3.0), (1, -1.0)], figure.Variants[0].Points);
        Assert.Equal([(1, -1.0), (2, null)], figure.Variants[0].Failures);
        Assert.Equal([(0, -9.0)], figure.Variants[1].Points);
    }

    [Fact]
    public void Figure_NoLanguageModel_ShowsDecibels()
    {
        var figure = LabFigure.Of(Report(
            Row("mlp", "native", null, "passed") with { FromMachine = new(new(null, null, null, null, null, null, 42), null) }));

        Assert.False(figure.IsLogarithmic);
        Assert.Equal([(0, 42.0)], Assert.Single(figure.Variants).Points);
    }

    [Fact]
    public void Save_Report_DrawsAPointForEachFigureAndNamesWhatItIsOf()
    {
        using var folder = new Folder();
        var path = LabPlot.Require(Path.Combine(folder.Path, "figure.svg"));

        LabPlot.Save(Report(Row("int<8>", "native", 0.001, "passed"), Row("int<8>", "haswell", null, "died")), path);

        var picture = XDocument.Load(path);
        var texts = picture.Descendants().Where(node => node.Name.LocalName == "text").Select(node => node.Value).ToList();
        Assert.Contains("int<8>", texts);
        Assert.Contains("haswell", texts);
        Assert.Contains("KL to the original, nats", texts);
        Assert.Contains("1e-3", texts);
    }

    [Theory]
    [InlineData("figure.png", "ends in .svg")]
    [InlineData("no-such-folder/figure.svg", "there is no folder")]
    public async Task Plot_FileThatCannotBeWritten_IsRefusedBeforeAnythingIsTried(string file, string why)
    {
        var (code, _, error) = await Run.Async("lab", "nothing", "--plot", file);

        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    private static LabReport Report(params LabRow[] rows) => new("x86-64 v4", "eval.txt", 48, rows);

    private static LabRow Row(string variant, string processor, double? kl, string code) => new()
    {
        Variant = variant,
        Processor = processor,
        Emulated = processor != "native",
        Verdict = new(code, code),
        FromOriginal = kl is null ? null : new(new TrialDifference(kl, kl, 1, 0, 0, 0, null), null),
    };
}
