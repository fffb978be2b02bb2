using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace SlmOps.Contracts.Tests;

/// <summary>What is on the wire is in the files of Wire/: what devices and subscribers out there rely on.</summary>
public sealed class WireTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Wire");

    public static TheoryData<string> Contracts => [.. Types.Select(type => type.Name)];

    private static IEnumerable<Type> Types => typeof(ContractsJson).GetCustomAttributesData()
        .Where(attribute => attribute.AttributeType == typeof(JsonSerializableAttribute))
        .Select(attribute => (Type)attribute.ConstructorArguments[0].Value!);

    [Theory]
    [MemberData(nameof(Contracts))]
    public void Sample_ParsedAndWritten_IsUnchanged(string contract)
    {
        var type = Types.Single(type => type.Name == contract);
        var sample = File.ReadAllText(Path.Combine(Folder, $"{contract}.json"));

        var value = JsonSerializer.Deserialize(sample, type, ContractsJson.Default);
        var written = JsonSerializer.Serialize(value, type, ContractsJson.Default);

        Assert.Equal(JsonNode.Parse(sample)!.ToJsonString(), JsonNode.Parse(written)!.ToJsonString());
    }

    [Fact]
    public void Samples_AreOfContractsThatExist() => Assert.Equal(
        Types.Select(type => $"{type.Name}.json").Order(StringComparer.Ordinal),
        Directory.GetFiles(Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Fact]
    public void DeviceReport_UnknownState_IsRefused()
    {
        var sample = File.ReadAllText(Path.Combine(Folder, "DeviceReport.json"));
        var unknown = sample.Replace("SMOKE_TESTING", "DANCING", StringComparison.Ordinal);

        Assert.NotEqual(sample, unknown);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(unknown, ContractsJson.Default.DeviceReport));
    }

    [Fact]
    public void DeviceReport_KeyOfALaterVersion_IsReadOver()
    {
        var sample = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "DeviceReport.json")))!;
        sample["temperature"] = 61.5;

        var report = JsonSerializer.Deserialize(sample.ToJsonString(), ContractsJson.Default.DeviceReport)!;

        Assert.Equal(17, report.Seq);
        Assert.Equal(DeviceState.SmokeTesting, report.Deployment!.State);
    }

    [Fact]
    public void ChannelDocument_TooDeep_IsRefused()
    {
        var deep = $$"""{"channel":{{new string('[', 40)}}{{new string(']', 40)}}}""";

        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(deep, ContractsJson.Default.ChannelDocument));
    }

    [Fact]
    public void StageMessage_LongestNames_StaysFarBelowItsBound()
    {
        var name = new string('m', 64);
        var message = new StageMessage(
            StageMessage.CurrentSchema, $"{name}@{name}", name, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

        Assert.InRange(
            JsonSerializer.SerializeToUtf8Bytes(message, ContractsJson.Default.StageMessage).Length,
            1,
            StageMessage.MaxBytes / 4);
    }

    [Fact]
    public void EventTypes_AreDistinctAndVersioned()
    {
        var types = typeof(EventTypes).GetFields().Select(field => (string)field.GetRawConstantValue()!).ToList();

        Assert.Equal(14, types.Count);
        Assert.Distinct(types);
        Assert.All(types, type => Assert.Matches(@"^slmops\.(model|rollout|device)\.[a-z-]+\.v1$", type));
    }
}
