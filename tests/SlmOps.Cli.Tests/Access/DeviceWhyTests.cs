using SlmOps.Cli.Access;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;

namespace SlmOps.Cli.Tests.Access;

public sealed class DeviceWhyTests
{
    private const string Reason = "fewest bytes within the tolerated perplexity change";
    private const string InTheLab = "failed in the device lab on processors of the class x86-64-v3";

    private static readonly VariantStatus Dynamic = Statuses.Int8 with
    {
        Name = "int8-dynamic",
        Digest = Digest.Of("int8-dynamic"u8),
        Lab = [new("haswell", ProcessorClass.X64V3, true, "differs", "KL"), new("native", ProcessorClass.X64V4Vnni, false, "passed", "KL")],
    };

    private static readonly VariantStatus Refused = Statuses.Int8 with
    {
        Name = "int4",
        State = VariantState.Refused,
        Digest = default,
        Reason = "KL 2 > 0.1",
    };

    private static readonly RunStatus Release = Statuses.Finished with
    {
        Variants = [Statuses.Int8, Dynamic, Statuses.Int8 with { Name = "fp32", Digest = Digest.Of("fp32"u8) }, Refused],
    };

    private static readonly DeviceStatus Haswell = Statuses.Device with
    {
        Release = Statuses.Release,
        Model = "m",
        Version = "1",
        Inventory = Statuses.Device.Inventory! with { InstructionSets = ["avx", "avx2", "fma"] },
        Choice = new(Statuses.Release, "int8", Reason, [new("int8-dynamic", InTheLab)]),
    };

    private static readonly ChannelStatus Channel = new()
    {
        Channel = "m",
        Version = 3,
        Stable = new("m", "1", Statuses.Release, 10, Digest.Of("signature"u8)),
        Withdrawn = [],
        IssuedAt = DateTimeOffset.UnixEpoch,
        Adaptations = [],
    };

    [Fact]
    public void Of_DeviceThatRunsAVariant_SaysWhatIsForAndAgainstEach()
    {
        var why = DeviceWhy.Of(Haswell, Channel, Release);

        Assert.Equal(ProcessorClass.X64V3, why.Class);
        Assert.Equal(
            [
                new("int8", "not tried on its class", $"for: {Reason}"),
                new("int8-dynamic", "haswell differs", $"against: {InTheLab}"),
                new("fp32", "not tried on its class", "would fit; int8 is preferred"),
                new VariantWhy("int4", "not tried on its class", "not in the release: REFUSED: KL 2 > 0.1"),
            ],
            why.Variants);
        Assert.Equal(
            [
                "is: x64, class x86-64-v3, 7.6 MiB for a model, ONNX Runtime 1.31.1, agent 1.0",
                "runs: int8 of m 1",
                "asked for: m 1 in ring all, COMMITTED",
                $"chose: int8, {Reason}",
            ],
            why.Lines);
    }

    [Fact]
    public void Of_HoldsAndWithdrawals_AreSaid()
    {
        var why = DeviceWhy.Of(
            Haswell with { Hold = new("backing-off", "The last try failed."), Conflict = true },
            Channel with
            {
                Withdrawn = [Statuses.Release],
                WithdrawnFrom =
                [
                    new(Statuses.Release, ProcessorClass.Arm64, null),
                    new(Statuses.Release, ProcessorClass.X64V3, Statuses.Rollout.Release with { Version = "0.9" }),
                ],
            },
            Release);

        Assert.Equal(
            [
                "does nothing: backing-off, The last try failed.",
                "withdrawn from its class: release m 1, instead m 0.9",
                "withdrawn from all: release m 1",
                "conflict: two agents report under its id, and neither counts",
            ],
            why.Lines.Skip(4));
    }

    [Fact]
    public void Of_ChoiceOfAnotherRelease_IsNotTakenForThisOnes()
    {
        var why = DeviceWhy.Of(Haswell with { Choice = Haswell.Choice! with { Release = Digest.Of("other"u8) } }, Channel, Release);

        Assert.DoesNotContain(why.Lines, line => line.StartsWith("chose", StringComparison.Ordinal));
        Assert.Equal("offered; the device has not said what it thinks of it", why.Variants[0].Reason);
    }

    [Fact]
    public void Of_DeviceThatSaidNothing_IsUnknown()
    {
        var silent = new DeviceStatus { Id = "d2", State = DeviceState.Pending, LastSeen = DateTimeOffset.UnixEpoch };

        Assert.Equal(
            ["is: unknown; it has not said yet what it is", "runs: nothing", "asked for: nothing yet"],
            DeviceWhy.Of(silent, Channel, null).Lines);
    }
}
