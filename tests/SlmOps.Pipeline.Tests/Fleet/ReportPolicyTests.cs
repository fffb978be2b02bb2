using SlmOps.Contracts;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Tests.Rollout;

namespace SlmOps.Pipeline.Tests.Fleet;

public sealed class ReportPolicyTests
{
    private static readonly DeviceReport Good = new(
        1,
        "d1",
        1,
        SampleFleet.Start,
        "phi",
        SampleFleet.Inventory(("site", "lab")),
        SampleFleet.Device("d1", DeviceState.Soaking).Deployment,
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

    private static readonly CompositionStatus Running = new(
        SampleFleet.Manifest,
        Digest.Of("composition"u8),
        "lab",
        "1",
        LocalLayerStates.Active);

    [Fact]
    public void Refuse_GoodReports_IsNull()
    {
        Assert.Null(Refuse(Good));
        Assert.Null(Refuse(Good with { Inventory = null, Deployment = null, Traceparent = null }));
        Assert.Null(Refuse([.. Enumerable.Repeat(Good, DeviceReport.MaxBatch)]));
        Assert.Null(Refuse(Good with { Inventory = SampleFleet.Inventory(Labels(32)), Seq = long.MaxValue }));
        Assert.Null(Refuse(Good with { Composition = Running }));
        Assert.Null(Refuse(Good with { Deployment = Good.Deployment! with { Reason = new string('r', 2048) } }));
    }

    public static TheoryData<string> BadReports => [.. Bad.Keys];

    private static readonly Dictionary<string, DeviceReport?> Bad = new()
    {
        ["is null"] = null,
        ["schema 2"] = Good with { Schema = 2 },
        ["of 'd2', not of 'd1'"] = Good with { DeviceId = "d2" },
        ["of '', not of 'd1'"] = Good with { DeviceId = null! },
        ["seq starts at 1"] = Good with { Seq = 0 },
        ["starts at 1"] = Good with { Seq = long.MinValue },
        ["The channel is not allowed"] = Good with { Channel = "../phi" },
        ["channel is not allowed"] = Good with { Channel = null! },
        ["no labels"] = Good with { Inventory = Good.Inventory! with { Labels = null! } },
        ["at most 32 labels"] = Good with { Inventory = SampleFleet.Inventory(Labels(33)) },
        ["number of bytes is negative"] = Good with { Deployment = Good.Deployment! with { BytesFetched = -1, BytesWhole = 1 } },
        ["text of the report is too long"] = Good with { Deployment = Good.Deployment! with { Reason = new string('r', 2049) } },
        ["in a way not known"] = Good with { Composition = Running with { LocalLayer = null! } },
        ["not known here what runs"] = Good with { Composition = Running with { Name = new string('n', 65) } },
        ["too long"] = Good with { Traceparent = new string('0', 65) },
    };

    [Theory]
    [MemberData(nameof(BadReports))]
    public void Refuse_BadReport_SaysWhy(string reason)
    {
        Assert.Contains(reason, Refuse(Bad[reason]!), StringComparison.Ordinal);
        Assert.Contains(reason, Refuse(Good, Bad[reason]!), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("D1")]
    [InlineData("../d1")]
    [InlineData("d1'")]
    public void Refuse_BadDevice_SaysWhy(string? device) =>
        Assert.Contains("device id is not allowed", ReportPolicy.Refuse(device!, new([Good])), StringComparison.Ordinal);

    [Fact]
    public void Refuse_EmptyOrHugeBatch_SaysHowMany()
    {
        const string Reason = "A batch holds 1 to 100 reports.";

        Assert.Equal(Reason, ReportPolicy.Refuse("d1", null));
        Assert.Equal(Reason, ReportPolicy.Refuse("d1", new(null!)));
        Assert.Equal(Reason, Refuse());
        Assert.Equal(Reason, Refuse([.. Enumerable.Repeat(Good, DeviceReport.MaxBatch + 1)]));
    }

    private static string? Refuse(params DeviceReport[] reports) => ReportPolicy.Refuse("d1", new(reports));

    private static (string Key, string Value)[] Labels(int count) =>
        [.. Enumerable.Range(0, count).Select(number => ($"label{number}", "x"))];
}
