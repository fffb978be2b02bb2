using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Queues;

namespace SlmOps.Pipeline.Tests.Bench;

/// <summary>Queues in memory, behind the real client, that only count what is put in.</summary>
internal sealed class MemoryQueues : HttpPipelineTransport, IDisposable
{
    private readonly HttpClientTransport _requests = new();
    private int _sent;

    internal QueueServiceClient Client => new(
        "UseDevelopmentStorage=true", new QueueClientOptions { Transport = this, Retry = { MaxRetries = 0 } });

    /// <summary>Messages since it was asked last.</summary>
    internal int TakeSent() => Interlocked.Exchange(ref _sent, 0);

    public void Dispose() => _requests.Dispose();

    public override Request CreateRequest() => _requests.CreateRequest();

    public override void Process(HttpMessage message) => throw new NotSupportedException("Everything is asynchronous here.");

    public override ValueTask ProcessAsync(HttpMessage message)
    {
        Interlocked.Increment(ref _sent);
        message.Response = new Answer(
            message.Request,
            201,
            """
            <?xml version="1.0" encoding="utf-8"?><QueueMessagesList><QueueMessage><MessageId>1</MessageId>
            <InsertionTime>Fri, 09 Oct 2026 21:04:30 GMT</InsertionTime><ExpirationTime>Fri, 16 Oct 2026 21:04:30 GMT</ExpirationTime>
            <PopReceipt>1</PopReceipt><TimeNextVisible>Fri, 09 Oct 2026 21:04:30 GMT</TimeNextVisible></QueueMessage></QueueMessagesList>
            """,
            "application/xml");
        return ValueTask.CompletedTask;
    }
}
