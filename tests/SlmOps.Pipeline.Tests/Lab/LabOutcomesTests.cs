using SlmOps.Contracts;
using SlmOps.Pipeline.Lab;
using SlmOps.Pipeline.Processors;

namespace SlmOps.Pipeline.Tests.Lab;

public sealed class LabOutcomesTests
{
    [Fact]
    public void Of_Rows_AreThoseOfTheVariantWithTheirClasses()
    {
        var result = LabOutcomes.Of(
            "int4",
            new LabReport("a machine", "eval.txt", 48, [Row("native"), Row("haswell"), Row("haswell") with { Variant = "int8" }]),
            message => message);

        Assert.Equal(
            [("native", LabProcessors.Native.Class), ("haswell", ProcessorClass.X64V3)],
            result.Outcomes.Select(one => (one.Processor, one.ProcessorClass)));
        Assert.Equal(("a machine", 48), (result.Machine, result.Positions));
    }

    // JSON has no such number: the row could not be stored.
    [Fact]
    public void Of_FiguresThatAreNoNumbers_AreNone()
    {
        var row = LabPolicyTests.Row(fromOriginal: double.NaN) with { Verdict = new("differs", "KL") };

        var outcome = Assert.Single(LabOutcomes.Of("int4", Report(row), message => message).Outcomes);

        Assert.Null(outcome.KlToOriginal);
        Assert.Equal("differs", outcome.Code);
    }

    [Fact]
    public void Of_LabThatCannotRunTheModelItself_HasTriedNothing()
    {
        var result = LabOutcomes.Of(
            "int4",
            Report(Row("native") with { Verdict = new("failed", "input sr of /scratch/variant/model.onnx") }, Row("haswell")),
            message => message.Replace("/scratch/", "", StringComparison.Ordinal));

        Assert.All(result.Outcomes, one => Assert.False(one.Tried));
        Assert.EndsWith("input sr of variant/model.onnx", result.Outcomes[1].Reason, StringComparison.Ordinal);
    }

    private static LabReport Report(params LabRow[] rows) => new("a machine", "eval.txt", 48, rows);

    private static LabRow Row(string processor) =>
        LabPolicyTests.Row() with { Processor = processor, Verdict = new("passed", "well") };
}
