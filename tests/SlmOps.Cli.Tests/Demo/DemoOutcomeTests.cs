using SlmOps.Cli.Demo;
using SlmOps.Contracts.Operator;
using SlmOps.Contracts;

namespace SlmOps.Cli.Tests.Demo;

public sealed class DemoOutcomeTests
{
    [Fact]
    public void Fault_EveryDeviceRunsAVariantThatFits_IsNone() => Assert.Null(DemoOutcome.Fault(Statuses.Finished, 1));

    [Fact]
    public void Fault_RolloutNotFinished_SaysHowItEnded()
    {
        var status = Statuses.Finished with
        {
            State = RunState.RolledBack,
            Rollout = Statuses.Rollout with { State = RolloutState.RolledBack, Reason = "1 of 1 devices failed" },
        };

        Assert.Equal("The rollout ended as ROLLED_BACK: 1 of 1 devices failed", DemoOutcome.Fault(status, 1));
    }

    [Fact]
    public void Fault_NoRollout_IsAFault() => Assert.NotNull(DemoOutcome.Fault(Statuses.Finished with { Rollout = null }, 1));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Fault_OtherNumberOfDevices_IsAFault(int expected) =>
        Assert.Equal($"1 of {expected} devices reported.", DemoOutcome.Fault(Statuses.Finished, expected));

    public static TheoryData<string> Devices => [.. Wrong.Keys];

    [Theory]
    [MemberData(nameof(Devices))]
    public void Fault_DeviceIsNotRight_NamesIt(string how)
    {
        var fault = DemoOutcome.Fault(Statuses.Finished with { Devices = [Wrong[how](Statuses.Device)] }, 1);

        Assert.StartsWith("d1 ", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void From_Status_HasTheStagesWithUploadAndRollout()
    {
        var outcome = DemoOutcome.From(Statuses.Finished, uploadMs: 11, elapsedMs: 99);

        Assert.Equal(
            new Dictionary<string, long> { ["upload"] = 11, ["intake"] = 5, ["quantize"] = 7, ["rollout"] = 3000 },
            outcome.StagesMs);
        Assert.Equal(new DemoVariant("int8", 2_500_000, 0.25, 13.5, 0.01, 512, "accepted", "fine"), Assert.Single(outcome.Variants));
        Assert.Equal(new DemoDevice("d1", DeviceState.Committed, "int8", Statuses.Manifest, true), Assert.Single(outcome.Devices));
        Assert.Equal((Statuses.Release, RunState.Finished, 99), (outcome.ReleaseDigest, outcome.RolloutState, outcome.ElapsedMs));
    }

    private static readonly IReadOnlyDictionary<string, Func<DeviceStatus, DeviceStatus>> Wrong =
        new Dictionary<string, Func<DeviceStatus, DeviceStatus>>
        {
            ["still soaking"] = device => device with { State = DeviceState.Soaking },
            ["went back"] = device => device with { State = DeviceState.FailedRollbackComplete },
            ["not verified"] = device => device with { Verified = false },
            ["unknown variant"] = device => device with { Variant = "int2" },
            ["no variant"] = device => device with { Variant = null },
            ["other manifest"] = device => device with { Manifest = Digest.Of("x"u8), Active = Digest.Of("x"u8) },
            ["runs something else"] = device => device with { Active = Digest.Of("x"u8) },
            ["too little memory"] = device => device with { Inventory = device.Inventory! with { RamBytes = 3_999_999 } },
        };
}
