using SlmOps.Contracts;
using SlmOps.Pipeline.Package;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Tests.Package;

public sealed class ReleaseChoiceTests
{
    private static (ValidateResult Judged, QuantizeResult Built) Variant(
        string name,
        long bytes,
        double loss,
        double speed,
        int changed = 9,
        string ort = "1.22.0",
        bool accepted = true) =>
        (
            new(name, new(accepted, "why"), new(null, null, null, null, null, speed, null, null) { Cosine = 1 - loss }, null),
            new()
            {
                Variant = name,
                Recipe = name == "fp32" ? "original" : name,
                Files = [],
                Bytes = bytes,
                Ratio = 1,
                MinimumOrt = ort,
                Quantized = changed,
            }
        );

    private static IReadOnlyDictionary<string, string> LeftOut(params (ValidateResult Judged, QuantizeResult Built)[] variants) =>
        LeftOut([], variants);

    private static IReadOnlyDictionary<string, string> LeftOut(
        IReadOnlyList<LabResult> tried, params (ValidateResult Judged, QuantizeResult Built)[] variants) =>
        ReleaseChoice.LeftOut([.. variants.Select(variant => variant.Judged)], [.. variants.Select(variant => variant.Built)], tried);

    // On the class where the better one fails, the other is all that there is.
    [Fact]
    public void LeftOut_BetterVariantThatFailsOnAClass_LeavesTheOtherWhereItGoes()
    {
        var (fp32, small, large) = (Variant("fp32", 900, 0, 10), Variant("signed", 250, 0.0005, 20), Variant("int8", 500, 0.04, 15));
        LabResult Failed(string variant) => new(variant, [new("haswell", ProcessorClass.X64V3, true, "differs", "KL")]);

        Assert.Empty(LeftOut([Failed("signed")], fp32, small, large));
        Assert.Equal("int8", Assert.Single(LeftOut([Failed("signed"), Failed("int8")], fp32, small, large)).Key);
        Assert.Equal("int8", Assert.Single(LeftOut([Failed("int8")], fp32, small, large)).Key);
    }

    [Fact]
    public void LeftOut_VariantInWhichNothingChanged_SaysSo()
    {
        var left = LeftOut(Variant("fp32", 100, 0, 10, changed: 0), Variant("int8", 100, 0, 10, changed: 0));
        Assert.Equal("recipe int8 changed none of its weights, so it is the original again", Assert.Single(left).Value);
    }

    [Fact]
    public void LeftOut_VariantThatAnotherBeatsInEverything_NamesTheBetterOne()
    {
        var left = LeftOut(Variant("fp32", 900, 0, 10), Variant("int8", 250, 0.0005, 20), Variant("int4", 500, 0.04, 15));
        Assert.StartsWith("int8 is smaller (250 bytes to 500)", left["int4"], StringComparison.Ordinal);
        Assert.Single(left);
    }

    [Theory]
    [InlineData(200, 0.04, 15, "1.22.0", true)] // smaller
    [InlineData(500, 0.0004, 15, "1.22.0", true)] // loses less
    [InlineData(500, 0.04, 25, "1.22.0", true)] // faster
    [InlineData(500, 0.04, 20, "1.22.0", true)] // as fast
    [InlineData(500, 0.04, 15, "1.17.0", true)] // runs on an older runtime
    [InlineData(500, 0.04, 15, "1.23.0", false)]
    public void LeftOut_VariantWithOneMerit_IsReleased(long bytes, double loss, double speed, string ort, bool released) =>
        Assert.Equal(
            !released,
            LeftOut(Variant("fp32", 900, 0, 10), Variant("int8", 250, 0.0005, 20), Variant("int4", bytes, loss, speed, ort: ort))
                .ContainsKey("int4"));

    [Fact]
    public void LeftOut_Original_StaysWhateverBeatsIt() =>
        Assert.Empty(LeftOut(Variant("fp32", 900, 0.1, 1), Variant("int8", 250, 0, 20)));

    [Fact]
    public void LeftOut_RefusedVariant_BeatsNothing() =>
        Assert.Empty(
            LeftOut(Variant("fp32", 900, 0, 10), Variant("int8", 250, 0.0005, 20, accepted: false), Variant("int4", 500, 0.04, 15)));

    [Fact]
    public void LeftOut_UnmeasuredVariant_BeatsNothing()
    {
        var (judged, built) = Variant("int8", 250, 0, 20);
        Assert.Empty(
            LeftOut((judged with { Figures = new(null, null, null, null, null, null, null, null) }, built), Variant("int4", 500, 0.04, 15))
        );
    }
}
