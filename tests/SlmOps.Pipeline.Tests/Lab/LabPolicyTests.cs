using SlmOps.Inference.Trials;
using SlmOps.Pipeline.Lab;

namespace SlmOps.Pipeline.Tests.Lab;

public sealed class LabPolicyTests
{
    // As measured: int8-dynamic with signed weights saturates on AVX2 alone; int4's loss is the same everywhere.
    [Theory]
    [InlineData(0.00353, 0.01708, false)]
    [InlineData(0.00353, 0.00346, true)]
    [InlineData(0.0211, 0.0208, true)]
    [InlineData(0.0003, 0.00009, true)]
    [InlineData(0.0003, double.NaN, false)]
    public void Judge_LossAgainstTheOriginal_IsMeasuredByThisMachines(double native, double there, bool passes)
    {
        var verdict = LabPolicy.Judge(Row(fromOriginal: there), Row(fromOriginal: native));

        Assert.Equal(passes ? "passed" : "differs", verdict.Code);
        Assert.Contains("KL", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_LossTokenByToken_CountsToo()
    {
        var verdict = LabPolicy.Judge(Row(fromOriginal: 0.001, steps: 0.5), Row(fromOriginal: 0.001, steps: 0.001));

        Assert.Equal("differs", verdict.Code);
        Assert.Contains("token by token", verdict.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0004, true)]
    [InlineData(0.02, false)]
    [InlineData(double.NaN, false)]
    public void Judge_WithoutAnOriginal_IsMeasuredAgainstThisMachine(double kl, bool passes) =>
        Assert.Equal(passes, LabPolicy.Judge(Row(fromMachine: kl), Row()).Passed);

    [Theory]
    [InlineData(60, true)]
    [InlineData(3, false)]
    public void Judge_OtherModels_ByTheNoiseOfTheirOutputs(double decibel, bool passes)
    {
        var difference = new LabDifference(new(null, null, null, null, null, null, decibel), null);

        Assert.Equal(passes, LabPolicy.Judge(Row() with { FromMachine = difference }, Row()).Passed);
    }

    [Fact]
    public void Judge_SmokeTestThatFailed_IsTheVerdict()
    {
        var verdict = LabPolicy.Judge(
            Row(fromOriginal: 0) with { Smoke = new(false, "3 of 96 tokens are the expected ones") { Code = "smoke-disagrees" } }, Row());

        Assert.Equal(("smoke-disagrees", "3 of 96 tokens are the expected ones"), (verdict.Code, verdict.Reason));
    }

    [Fact]
    public void Judge_NotFinite_FailsUnlessThisMachineSaysTheSame()
    {
        var broken = Row(finite: false);

        Assert.Equal("not-finite", LabPolicy.Judge(broken, Row()).Code);
        Assert.True(LabPolicy.Judge(broken, broken).Passed);
    }

    [Fact]
    public void Judge_ThisMachineItself_IsTheYardstick() => Assert.True(LabPolicy.Judge(Row(fromOriginal: 0.5), null).Passed);

    internal static LabRow Row(double? fromOriginal = null, double? fromMachine = null, double? steps = null, bool finite = true)
    {
        var trial = new TrialResult
        {
            ModelBytes = 1,
            CacheBytes = 1,
            Prompt = new(8, finite, "p", []),
            Steps = new(8, true, "s", []),
        };
        return new()
        {
            Variant = "int4",
            Processor = "haswell",
            Emulated = true,
            Verdict = new("not-tried", ""),
            Smoke = new(true, "well"),
            Trial = trial,
            FromOriginal = Of(fromOriginal, steps),
            FromMachine = Of(fromMachine, steps),
        };
    }

    private static LabDifference? Of(double? kl, double? steps) => kl is { } value
        ? new(new(value, value, 1, 0, 0, 0, null), new(steps ?? value, value, 1, 0, 0, 0, null))
        : null;
}
