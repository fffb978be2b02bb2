using SlmOps.Contracts;
using SlmOps.EdgeAgent.Device;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Run;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests.Run;

public sealed class ChoiceReportTests
{
    [Fact]
    public async Task Deploy_VariantFailedInTheLabOnThisClass_TakesAnotherAndSaysWhy()
    {
        var here = Machine.ProcessorClassName;
        Assert.SkipWhen(here is null, "Nothing is known of this machine's class of processors.");
        await using var bench = await Bench.StartAsync();
        var release = await bench.ReleaseAsync(
            "1",
            [
                new Variant("int8", ("model.onnx", Models.Good), ("weights", new byte[512])),
                new Variant("signed", ("model.onnx", Models.Good)) { FailedClasses = [here] },
            ]);
        await bench.PublishAsync(release);

        var state = await bench.RunAsync();

        Assert.Equal("int8", state.ActiveContent!.Variant.Name);
        var choice = Assert.Single(bench.Service.Reports.Select(report => report.Choice).OfType<DeviceChoice>().DistinctBy(one => one.Variant));
        Assert.Equal((release.Digest, "int8"), (choice.Release, choice.Variant));
        Assert.Equal([new($"signed", $"failed in the device lab on processors of the class {here}")], choice.Against);

        // It is kept, for the service that forgot it.
        Assert.Equal("int8", (await bench.RunAsync()).Choice!.Variant);
    }

    [Fact]
    public void Of_MoreThanAReportTakes_IsCut()
    {
        var refused = Enumerable.Range(0, ReportLimits.Refusals + 3).Select(number => new VariantRefusal($"v{number}", new('r', 500)));
        var offer = new VariantOffer("int8", default, 1, 1, "int8", new(1, "1.20.0", []), new(null, null, null, null, null, null, null, null));

        var choice = ChoiceReport.Of(default, new(offer, new('r', 500)) { Refused = [.. refused] });

        Assert.Equal((ReportLimits.Refusals, ReportLimits.Refusal), (choice.Against.Count, choice.Reason.Length));
        Assert.All(choice.Against, one => Assert.Equal(ReportLimits.Refusal, one.Reason.Length));
    }
}
