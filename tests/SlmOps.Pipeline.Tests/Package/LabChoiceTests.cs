using SlmOps.Contracts;
using SlmOps.Pipeline.Package;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Tests.Package;

public sealed class LabChoiceTests
{
    private static readonly LabOutcome Native = new("native", ProcessorClass.X64V4Vnni, false, "passed", "well");
    private static readonly LabOutcome Haswell = new("haswell", ProcessorClass.X64V3, true, "passed", "well");
    private static readonly LabOutcome Arm = new("cortex-a72", ProcessorClass.Arm64, true, "not-tried", "there is no qemu-aarch64");

    [Fact]
    public void Verdicts_RequiredAndNotTried_RefusesWithWhatIsMissing()
    {
        var verdict = Verdict(required: true, Native, Haswell, Arm);

        Assert.False(verdict.Accepted);
        Assert.Equal("the lab that slmops.json requires did not try it on cortex-a72: there is no qemu-aarch64", verdict.Reason);
    }

    [Fact]
    public void Verdicts_AdvisoryAndNotTried_GoesOn() => Assert.True(Verdict(required: false, Native, Haswell, Arm).Accepted);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Verdicts_FailedOnSomeProcessors_GoesOnForTheOthers(bool required) =>
        Assert.True(Verdict(required, Native, Haswell with { Code = "differs" }).Accepted);

    [Fact]
    public void Verdicts_FailedWhereverItWasTried_IsRefused()
    {
        var verdict = Verdict(
            required: false, Native with { Code = "died", Reason = "signal 11" }, Haswell with { Code = "differs" }, Arm);

        Assert.False(verdict.Accepted);
        Assert.Equal("it fails on every processor that the lab tried; native: signal 11", verdict.Reason);
    }

    [Fact]
    public void Verdicts_NothingTriedAndNotRequired_GoesOn() => Assert.True(Verdict(required: false, Arm).Accepted);

    [Fact]
    public void Verdicts_RefusedByValidation_StaysSo() =>
        Assert.Equal("KL", Assert.Single(Verdicts(required: true, accepted: false)!).Verdict.Reason);

    [Fact]
    public void Verdicts_OneMissing_AreNone()
    {
        Assert.Null(LabChoice.Verdicts(Manifest(required: false), [Judged(true)], []));
        Assert.Null(LabChoice.Verdicts(Manifest(required: false), [], [new("int8", [Native])]));
        Assert.NotNull(LabChoice.Verdicts(Manifest(required: false) with { Lab = null }, [Judged(true)], []));
    }

    [Fact]
    public void Classes_TwoProcessorsOfOneClass_MustBothPass()
    {
        var nehalem = Haswell with { Processor = "nehalem", ProcessorClass = ProcessorClass.X64V2 };

        var (passed, failed) = LabChoice.Classes([Native, Haswell, Arm, nehalem, nehalem with { Processor = "denverton", Code = "died" }]);

        Assert.Equal([ProcessorClass.X64V3, ProcessorClass.X64V4Vnni], passed);
        Assert.Equal([ProcessorClass.X64V2], failed);
    }

    private static QualityVerdict Verdict(bool required, params LabOutcome[] outcomes) =>
        Assert.Single(Verdicts(required, accepted: true, outcomes)!).Verdict;

    private static IReadOnlyList<ValidateResult>? Verdicts(bool required, bool accepted, params LabOutcome[] outcomes) =>
        LabChoice.Verdicts(Manifest(required), [Judged(accepted)], [new("int8", outcomes)]);

    private static ValidateResult Judged(bool accepted) =>
        new("int8", new(accepted, "KL"), new(null, null, null, null, null, null, null, null), null);

    private static UploadManifest Manifest(bool required) => UploadManifest.Default with
    {
        Variants = [new("int8", null)],
        Lab = LabRequest.Default with { Required = required },
    };
}
