using System.Text.Json;
using SlmOps.Pipeline.Intake;

namespace SlmOps.Pipeline.Tests.Intake;

public sealed class UploadEventTests
{
    private const string Subject = "/blobServices/default/containers/models/blobs/m/1/slmops.json";
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public void Read_CloudEvent_GivesSubjectAndTrace() => Assert.Equal(
        (Subject, Trace),
        UploadEvent.Read($$"""
            {"specversion":"1.0","id":"1","source":"/subscriptions/s","type":"Microsoft.Storage.BlobCreated",
             "subject":"{{Subject}}","time":"2026-03-01T10:00:00Z","traceparent":"{{Trace}}","data":{"api":"PutBlockList"} }
            """));

    [Fact]
    public void Read_EventGridSchema_GivesSubject() => Assert.Equal(
        (Subject, null),
        UploadEvent.Read($$"""
            {"id":"1","topic":"/subscriptions/s","eventType":"Microsoft.Storage.BlobCreated","subject":"{{Subject}}",
             "eventTime":"2026-03-01T10:00:00Z","data":{"api":"PutBlob"},"dataVersion":"","metadataVersion":"1" }
            """));

    [Theory]
    [InlineData("""{"type":"Microsoft.Storage.BlobDeleted","subject":"s"}""")]
    [InlineData("""{"type":"microsoft.storage.blobcreated","subject":"s"}""")]
    [InlineData("""{"type":"Microsoft.Storage.BlobRenamed","eventType":"Microsoft.Storage.BlobCreated","subject":"s"}""")]
    [InlineData("""{"subject":"s"}""")]
    [InlineData("""{"type":7,"subject":"s"}""")]
    [InlineData("""{"type":"Microsoft.Storage.BlobCreated"}""")]
    [InlineData("""{"type":"Microsoft.Storage.BlobCreated","subject":{"a":1}}""")]
    [InlineData("""[{"type":"Microsoft.Storage.BlobCreated","subject":"s"}]""")]
    [InlineData("{}")]
    [InlineData("7")]
    [InlineData("null")]
    public void Read_AnotherEvent_HasNoSubject(string json) => Assert.Null(UploadEvent.Read(json).Subject);

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("{\"type\":")]
    [InlineData("{\"type\":\"Microsoft.Storage.BlobCreated\"} trailing")]
    public void Read_Junk_IsAFault(string text) => Assert.ThrowsAny<JsonException>(() => UploadEvent.Read(text));

    [Fact]
    public void Read_DeepNesting_IsAFault() => Assert.ThrowsAny<JsonException>(
        () => UploadEvent.Read("{\"data\":" + new string('[', 10_000) + new string(']', 10_000) + "}"));
}
