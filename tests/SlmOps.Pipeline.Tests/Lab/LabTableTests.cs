using SlmOps.Pipeline.Lab;
using SlmOps.Pipeline.Processors;

namespace SlmOps.Pipeline.Tests.Lab;

public sealed class LabTableTests
{
    private static readonly LabModel Int4 = new("int4", "/models/int4", "/models/int4/model.onnx", 1, 1);
    private static readonly LabProcessor Haswell = LabProcessors.Find("haswell")!;

    [Fact]
    public void Of_ProcessorsThatComputedTheSameBits_HaveTheSameLetter()
    {
        var report = LabTable.Of(
            [Int4],
            LabProcessors.All,
            [Row("nehalem", "b"), Row("native", "a"), Row("denverton", "b"), LabTable.NotTried(Int4, Haswell, "no emulator")],
            new([1, 2], 1, "text"));

        Assert.Equal(
            [("native", "A"), ("nehalem", "B"), ("denverton", "B"), ("haswell", null)],
            report.Rows.Select(row => (row.Processor, row.Bits)));
        Assert.Contains("says nothing about speed", report.Note, StringComparison.Ordinal);
    }

    // A lab on an AVX2 machine: what saturates there does so on this machine itself.
    [Fact]
    public void Of_ThisMachineLosesMoreThanAnother_IsTheOneThatFails()
    {
        LabRow Tried(string processor, double loss) =>
            LabPolicyTests.Row(fromOriginal: loss) with { Processor = processor, Verdict = new("passed", "KL") };

        var report = LabTable.Of(
            [Int4],
            LabProcessors.All,
            [Tried("native", 0.01708), Tried("haswell", 0.01708), Tried("nehalem", 0.00346), Tried("cortex-a72", 0.00351)],
            new([1, 2], 1, "text"));

        Assert.Equal(
            [("native", "differs"), ("nehalem", "passed"), ("haswell", "differs"), ("cortex-a72", "passed")],
            report.Rows.Select(row => (row.Processor, row.Verdict.Code)));
    }

    [Fact]
    public void TooOld_RuntimeBelowWhatTheModelNeeds_IsLeftOutAndSaysWhy()
    {
        var needs = Int4 with { MinimumOrt = new(1, 23, 0) };

        Assert.Contains("needs ONNX Runtime 1.23.0", LabTable.TooOld(needs, LabProcessor.WithRuntime("1.22.1")), StringComparison.Ordinal);
        Assert.Null(LabTable.TooOld(needs, LabProcessor.WithRuntime("1.23.0")));
        Assert.Null(LabTable.TooOld(Int4, LabProcessor.WithRuntime("1.22.1")));
        Assert.Null(LabTable.TooOld(needs, Haswell));
    }

    [Fact]
    public void Judge_ProcessThatDiedAfterASmokeTestThatFailed_SaysWhatTheSmokeTestSaid()
    {
        var died = LabPolicyTests.Row() with
        {
            Verdict = new("died", "crashed"),
            Trial = null,
            Smoke = new(false, "its process was ended by signal 4") { Code = "smoke-crashed" },
        };

        Assert.Equal("smoke-crashed", LabTable.Judge(died, null).Verdict.Code);
        Assert.Equal("died", LabTable.Judge(died with { Smoke = new(true, "well") }, null).Verdict.Code);
    }

    [Fact]
    public void Passed_WhatCouldNotBeTried_DoesNotCount()
    {
        var missing = LabTable.NotTried(Int4, Haswell, "no emulator");

        Assert.True(new LabReport("", "", 0, [missing, Row("native", "a")]).Passed);
        Assert.False(new LabReport("", "", 0, [missing, Row("native", "a") with { Verdict = new("died", "") }]).Passed);
    }

    [Fact]
    public void ReadSmoke_AgentsAnswer_IsTheOutcome()
    {
        var refused = LabSmokeTest.Read("""{"passed":false,"code":"smoke-disagrees","reason":"3 of 96","tokens":96}""");

        Assert.Equal((false, "smoke-disagrees", "3 of 96"), (refused.Passed, refused.Code, refused.Reason));
        Assert.True(LabSmokeTest.Read("""{"passed":true,"code":null,"reason":"all well"}""").Passed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"passed":"yes","reason":"x"}""")]
    public void ReadSmoke_SomethingElse_IsRefused(string answer) =>
        Assert.Throws<InvalidDataException>(() => LabSmokeTest.Read(answer));

    [Fact]
    public void Missing_EmulatorOrAgent_SaysWhatToDo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Emulators of programs are Linux's.");
        using var folder = new TemporaryFolder();
        var tools = new LabTools
        {
            Scripts = Path.Combine(folder.Root, "scripts"),
            Agents = Path.Combine(folder.Root, "agents"),
            NativeAgent = Path.Combine(folder.Root, "slmops-agent"),
            Path = [folder.Root],
        };

        Assert.Contains("install.sh", tools.Missing(Haswell)!, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder.Root, "qemu-x86_64"), "");
        Assert.Contains("agents.sh", tools.Missing(Haswell)!, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(folder.Root, "agents", "linux-x64"));
        File.WriteAllText(tools.Agent("x64"), "");
        Assert.Null(tools.Missing(Haswell));
        Assert.Contains("build the project", tools.Missing(LabProcessors.Native)!, StringComparison.Ordinal);
        Assert.Contains("qemu-aarch64", tools.Missing(LabProcessors.Find("cortex-a72")!)!, StringComparison.Ordinal);
    }

    private static LabRow Row(string processor, string bits)
    {
        var row = LabPolicyTests.Row();
        return row with
        {
            Processor = processor,
            Verdict = new("passed", ""),
            Trial = row.Trial! with { Prompt = row.Trial.Prompt with { Bits = bits } },
        };
    }
}
