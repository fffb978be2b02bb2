using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Tests.Rollout;

namespace SlmOps.Pipeline.Tests.Fleet;

public sealed class ReportPolicyTests
{
    private static readonly DateTimeOffset Now = SampleFleet.Start;

    private static readonly DeviceReport Good = new(
        1,
        "d1",
        1,
        SampleFleet.Start,
        "phi",
        SampleFleet.Inventory(("site", "lab")),
        SampleFleet.Device("d1", DeviceState.Soaking).Deployment! with { PhaseMs = new Dictionary<string, long> { ["download"] = 4 } },
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    {
        Composition = new(SampleFleet.Manifest, Digest.Of("composition"u8), "lab", "1", LocalLayerStates.Active),
        Incident = new("slot-damaged", "A file was lost.\nIt came back."),
    };

    private static readonly DeviceInventory Inventory = Good.Inventory!;

    private static readonly DeploymentStatus Deployment = Good.Deployment!;

    private static readonly CompositionStatus Composition = Good.Composition!;

    [Fact]
    public void Refuse_GoodReports_IsNull()
    {
        Assert.Null(Refuse(Good));
        Assert.Null(Refuse(Good with { Inventory = null, Deployment = null, Traceparent = null, Composition = null, Incident = null }));
        Assert.Null(Refuse([.. Enumerable.Repeat(Good, DeviceReport.MaxBatch)]));
        Assert.Null(Refuse(Good with { Inventory = Largest }));
        Assert.Null(Refuse(Good with { Deployment = Deployment with { Reason = new string('r', ReportLimits.Reason) } }));
        Assert.Null(Refuse(Good with { Deployment = Deployment with { PhaseMs = null, RolloutId = null, Ring = null, Variant = null } }));
    }

    /// <summary>Nothing of it can be longer.</summary>
    internal static DeviceInventory Largest => new(
        new('a', 64), new('o', 64), new('s', 256), new('x', 64), 65536, 1L << 50,
        [.. Enumerable.Range(0, 64).Select(number => $"{number:d64}")],
        Enumerable.Range(0, 32).ToDictionary(number => $"{number:d64}", _ => new string('v', 128)));

    private static readonly Dictionary<string, DeviceReport?> Bad = new()
    {
        [""] = null,
        ["schema"] = Good with { Schema = 2 },
        ["deviceId"] = Good with { DeviceId = "d2" },
        ["channel"] = Good with { Channel = "other" },
        ["traceparent"] = Good with { Traceparent = Long(64) },
        ["inventory.agentVersion"] = Good with { Inventory = Inventory with { AgentVersion = Long(64) } },
        ["inventory.ortVersion"] = Good with { Inventory = Inventory with { OrtVersion = null! } },
        ["inventory.os"] = Good with { Inventory = Inventory with { Os = Long(256) } },
        ["inventory.architecture"] = Good with { Inventory = Inventory with { Architecture = "x64\n" } },
        ["inventory.cores"] = Good with { Inventory = Inventory with { Cores = -1 } },
        ["inventory.ramBytes"] = Good with { Inventory = Inventory with { RamBytes = long.MaxValue } },
        ["inventory.instructionSets"] = Good with { Inventory = Inventory with { InstructionSets = [.. Enumerable.Repeat("avx2", 65)] } },
        ["inventory.instructionSets[1]"] = Good with { Inventory = Inventory with { InstructionSets = ["avx2", Long(64)] } },
        ["inventory.labels"] = Good with { Inventory = SampleFleet.Inventory(Labels(33)) },
        ["inventory.labels.site"] = Good with { Inventory = SampleFleet.Inventory(("site", Long(128))) },
        ["inventory"] = Good with { Inventory = Largest with { Labels = Wide() } },
        ["deployment.rolloutId"] = Good with { Deployment = Deployment with { RolloutId = Long(138) } },
        ["deployment.ring"] = Good with { Deployment = Deployment with { Ring = "../ring" } },
        ["deployment.model"] = Good with { Deployment = Deployment with { Model = default } },
        ["deployment.version"] = Good with { Deployment = Deployment with { Version = default } },
        ["deployment.variant"] = Good with { Deployment = Deployment with { Variant = Long(64) } },
        ["deployment.attempt"] = Good with { Deployment = Deployment with { Attempt = int.MaxValue } },
        ["deployment.reasonCode"] = Good with { Deployment = Deployment with { ReasonCode = Long(64) } },
        ["deployment.reason"] = Good with { Deployment = Deployment with { Reason = Long(2048) } },
        ["deployment.phaseMs"] = Good with { Deployment = Deployment with { PhaseMs = Phases(33) } },
        ["deployment.phaseMs.p0"] = Good with { Deployment = Deployment with { PhaseMs = new Dictionary<string, long> { ["p0"] = -1 } } },
        ["deployment.bytesFetched"] = Good with { Deployment = Deployment with { BytesFetched = -1 } },
        ["deployment.bytesWhole"] = Good with { Deployment = Deployment with { BytesWhole = long.MaxValue } },
        ["composition.localLayer"] = Good with { Composition = Composition with { LocalLayer = null! } },
        ["incident.code"] = Good with { Incident = new(null!, "what") },
        ["incident.what"] = Good with { Incident = new("code", null!) },
        ["instance"] = Good with { Instance = Long(64) },
        ["hold.code"] = Good with { Hold = new("", "reason") },
        ["hold.reason"] = Good with { Hold = new("busy", null!) },
        ["choice.reason"] = Good with { Choice = new(default, "int8", Long(ReportLimits.Refusal), []) },
        ["choice.against"] = Good with
        {
            Choice = new(default, "int8", "fits", [.. Enumerable.Repeat(new VariantAgainst("int4", "no"), ReportLimits.Refusals + 1)]),
        },
        ["choice.against[0]"] = Good with { Choice = new(default, "int8", "fits", [null!]) },
        ["choice.against[0].reason"] = Good with { Choice = new(default, "int8", "fits", [new("int4", "")]) },
        ["deployment.restarts"] = Good with { Deployment = Deployment with { Restarts = -1 } },
    };

    public static TheoryData<string> BadReports => [.. Bad.Keys];

    [Theory]
    [MemberData(nameof(BadReports))]
    public void Refuse_BadReport_NamesTheField(string field)
    {
        var refusals = new[] { Refuse(Bad[field]!), Refuse(Good, Bad[field]!) };

        var end = field.Length > 0 ? $".{field}" : "";
        Assert.Equal([$"reports[0]{end}", $"reports[1]{end}"], refusals.Select(refusal => refusal?.Field));
        Assert.All(refusals, refusal => Assert.NotEmpty(refusal!.Why));
    }

    [Fact]
    public void Refuse_NoChannel_IsNoChannelOfTheDevice() =>
        Assert.Equal("reports[0].channel", ReportPolicy.Refuse("d1", default, new([Good with { Channel = default }]), 0, Now)?.Field);

    [Theory]
    [InlineData("deviceId")]
    [InlineData("channel")]
    [InlineData("deployment.model")]
    [InlineData("deployment.version")]
    [InlineData("composition.name")]
    [InlineData("composition.version")]
    public void Unread_TextThatIsNoName_NamesTheFieldAndTheRule(string field)
    {
        var json = JsonSerializer.SerializeToNode(new DeviceReportBatch([Good]), ContractsJson.Default.DeviceReportBatch)!;
        var steps = field.Split('.');
        steps[..^1].Aggregate(json["reports"]![0]!, (node, step) => node[step]!)[steps[^1]] = "../x";
        var fault = Assert.Throws<JsonException>(() => json.Deserialize(ContractsJson.Default.DeviceReportBatch));

        var refusal = ReportPolicy.Unread(fault);

        Assert.Equal($"reports[0].{field}", refusal.Field);
        Assert.EndsWith(SafeName.Rule, refusal.Why);
    }

    [Fact]
    public void Unread_NameAsLongAsTheBatch_IsNotSentBack()
    {
        var json = $$"""{"reports":[{"{{new string('k', 400_000)}}":tru}]}""";
        var fault = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, ContractsJson.Default.DeviceReportBatch));

        var refusal = ReportPolicy.Unread(fault);

        Assert.StartsWith("reports[0].kkk", refusal.Field);
        Assert.InRange(refusal.Field.Length + refusal.Why.Length, 20, 600);
    }

    [Theory]
    [InlineData(0, 1, true)]
    [InlineData(0, 0, false)]
    [InlineData(0, -1, false)]
    [InlineData(0, 86_400_000, true)]
    [InlineData(0, 86_400_001, false)]
    [InlineData(0, long.MaxValue, false)]
    [InlineData(1_000_000, 87_400_000, true)]
    [InlineData(1_000_000, 87_400_001, false)]
    public void Refuse_Seq_IsBoundedByTheLastOneAndTheClock(long ahead, long seq, bool taken)
    {
        var (device, clock) = (DateTimeOffset.UnixEpoch.AddMilliseconds(ahead), DateTimeOffset.UnixEpoch);
        var bySeq = ReportPolicy.Refuse("d1", "phi", new([Good with { Seq = seq }]), ahead, clock);
        var byClock = ReportPolicy.Refuse("d1", "phi", new([Good with { Seq = seq }]), 0, device);

        Assert.Equal(bySeq, byClock);
        Assert.Equal(taken ? null : "reports[0].seq", bySeq?.Field);
    }

    [Fact]
    public void Refuse_LongFieldsTogether_NamesTheReport()
    {
        var long1 = Good with { Deployment = Deployment with { Reason = new('r', 2048) }, Incident = new("code", new('w', 2048)) };

        Assert.Equal("reports[0]", Refuse(long1)!.Field);
    }

    [Fact]
    public void Refuse_EmptyOrHugeBatch_SaysHowMany()
    {
        ReportRefusal?[] refusals =
        [
            ReportPolicy.Refuse("d1", "phi", null, 0, Now),
            ReportPolicy.Refuse("d1", "phi", new(null!), 0, Now),
            Refuse(),
            Refuse([.. Enumerable.Repeat(Good, DeviceReport.MaxBatch + 1)]),
        ];

        Assert.All(refusals, refusal => Assert.Equal(new("reports", "a batch holds 1 to 100 reports"), refusal));
    }

    private static ReportRefusal? Refuse(params DeviceReport[] reports) => ReportPolicy.Refuse("d1", "phi", new(reports), 0, Now);

    private static string Long(int most) => new('l', most + 1);

    private static (string Key, string Value)[] Labels(int count) =>
        [.. Enumerable.Range(0, count).Select(number => ($"label{number}", "x"))];

    private static Dictionary<string, string> Wide() => Largest.Labels.ToDictionary(label => label.Key, _ => new string('\u4e2d', 128));

    private static Dictionary<string, long> Phases(int count) => Enumerable.Range(0, count).ToDictionary(number => $"p{number}", _ => 1L);
}
