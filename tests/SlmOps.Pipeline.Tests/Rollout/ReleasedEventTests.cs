using System.Text.Json;
using SlmOps.Pipeline.Rollout;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Tests.Rollout;

public sealed class ReleasedEventTests
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public void Read_CloudEvent_GivesRunAndTrace() => Assert.Equal(
        (new RunKey("m", "1"), Trace),
        ReleasedEvent.Read($$"""
            {"specversion":"1.0","id":"1","source":"/slmops","type":"slmops.model.released.v1","subject":"models/m/1",
             "traceparent":"{{Trace}}","data":{"channel":"stable","runId":"m@1"} }
            """));

    [Fact]
    public void Read_EventGridSchema_GivesRun() => Assert.Equal(
        (new RunKey("m", "1"), null),
        ReleasedEvent.Read("""
            {"id":"1","topic":"/t","eventType":"slmops.model.released.v1","subject":"models/m/1","data":{"runId":"m@1"},"dataVersion":"1"}
            """));

    [Theory]
    [InlineData("""{"type":"slmops.model.packaged.v1","data":{"runId":"m@1"}}""")]
    [InlineData("""{"type":"slmops.model.released.v1"}""")]
    [InlineData("""{"type":"slmops.model.released.v1","data":"m@1"}""")]
    [InlineData("""{"type":"slmops.model.released.v1","data":{"runId":7}}""")]
    [InlineData("""{"type":"slmops.model.released.v1","data":{"runId":"../m@1"}}""")]
    [InlineData("""[{"type":"slmops.model.released.v1","data":{"runId":"m@1"}}]""")]
    [InlineData("null")]
    public void Read_AnotherEvent_IsAFaultThatNamesTheType(string json) =>
        Assert.Contains(
            "slmops.model.released.v1",
            Assert.Throws<InvalidDataException>(() => ReleasedEvent.Read(json)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    public void Read_Junk_IsAFault(string text) => Assert.ThrowsAny<JsonException>(() => ReleasedEvent.Read(text));
}
