using System.Diagnostics;
using System.Text.Json;
using Azure.Messaging;
using SlmOps.Contracts;
using SlmOps.Pipeline.Outbox;

namespace SlmOps.Pipeline.Tests.Outbox;

public sealed class OutboxEntryTests
{
    private static readonly DateTimeOffset Time = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);
    private static readonly RingStarted Data = new("phi@1.0", 0, "canary", 3);

    [Fact]
    public void Fact_Body_IsACloudEventWithJsonData()
    {
        var entry = Fact("rollouts/phi@1.0", "0");

        var parsed = CloudEvent.Parse(BinaryData.FromString(entry.Body))!;
        Assert.Equal(OutboxKind.Event, entry.Kind);
        Assert.Equal((EventTypes.RingStarted, "/slmops/pipeline", "rollouts/phi@1.0", Time, "application/json"),
            (parsed.Type, parsed.Source, parsed.Subject, parsed.Time, parsed.DataContentType));
        Assert.Equal(Data, parsed.Data!.ToObjectFromJson<RingStarted>(ContractsJson.Default.Options));

        // Subscribers filter on data.*, which they cannot when it is Base64.
        using var json = JsonDocument.Parse(entry.Body);
        Assert.Equal("1.0", json.RootElement.GetProperty("specversion").GetString());
        Assert.Equal("canary", json.RootElement.GetProperty("data").GetProperty("name").GetString());
        Assert.False(json.RootElement.TryGetProperty("data_base64", out _));
    }

    [Fact]
    public void Fact_SentTwice_HasTheSameId()
    {
        // python3: hashlib.sha256(b"slmops.rollout.ring-started.v1\nrollouts/phi@1.0\n0").hexdigest()[:32]
        Assert.Equal("26fbf8857cbca1deaf56d358154b8bab", IdOf(Fact("rollouts/phi@1.0", "0")));
        Assert.Equal(IdOf(Fact("rollouts/phi@1.0", "0")), IdOf(Fact("rollouts/phi@1.0", "0", Time.AddHours(1))));
    }

    [Fact]
    public void Fact_AnotherFact_HasAnotherId() => Assert.Distinct(
    [
        IdOf(Fact("rollouts/phi@1.0", "0")),
        IdOf(Fact("rollouts/phi@1.0", "1")),
        IdOf(Fact("rollouts/phi@1.1", "0")),
        IdOf(OutboxEntry.Fact(EventTypes.RingPassed, "rollouts/phi@1.0", "0", Data, Time)),
    ]);

    [Fact]
    public void Fact_InATrace_CarriesIt()
    {
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();

        var parsed = CloudEvent.Parse(BinaryData.FromString(Fact("s", "0").Body))!;

        Assert.Equal(activity.Id, parsed.ExtensionAttributes["traceparent"]);
        activity.Stop();
        Assert.Empty(CloudEvent.Parse(BinaryData.FromString(Fact("s", "0").Body))!.ExtensionAttributes);
    }

    [Fact]
    public void Order_Body_IsTheMessageOfTheQueue()
    {
        var message = new StageMessage(StageMessage.CurrentSchema, "phi@1.0", "int8", null);

        var entry = OutboxEntry.Order("validate", message);

        Assert.Equal((OutboxKind.Message, "validate"), (entry.Kind, entry.Target));
        Assert.Equal("""{"schema":1,"runId":"phi@1.0","variant":"int8"}""", entry.Body);
        Assert.Equal(message, JsonSerializer.Deserialize(entry.Body, ContractsJson.Default.StageMessage));
    }

    [Fact]
    public void Channel_Entry_NamesItsChannelAlone() =>
        Assert.Equal(new(OutboxKind.Channel, "edge", ""), OutboxEntry.Channel("edge"));

    private static OutboxEntry Fact(string subject, string occurrence, DateTimeOffset? time = null) =>
        OutboxEntry.Fact(EventTypes.RingStarted, subject, occurrence, Data, time ?? Time);

    private static string IdOf(OutboxEntry entry) => CloudEvent.Parse(BinaryData.FromString(entry.Body))!.Id;
}
