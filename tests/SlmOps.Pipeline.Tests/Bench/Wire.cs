using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;

namespace SlmOps.Pipeline.Tests.Bench;

/// <summary>
/// The way out of the pipeline: keeps the events that leave, and cuts everything off when the host is to have died after it
/// stored a result and before it sent what follows.
/// </summary>
internal sealed class Wire : HttpPipelinePolicy
{
    private readonly List<JsonElement> _events = [];

    /// <summary>Whether sending fails.</summary>
    internal bool IsCut { get; set; }

    /// <summary>The CloudEvents that were sent, in order.</summary>
    internal IReadOnlyList<JsonElement> Events => _events;

    internal void Forget() => _events.Clear();

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        if (message.Request.Method == RequestMethod.Post && IsCut)
        {
            throw new IOException("The host is gone.");
        }

        await ProcessNextAsync(message, pipeline);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("Everything is asynchronous here.");

    /// <summary>Stands for the topic: takes every event.</summary>
    internal HttpPipelineTransport Topic() => new Taker(_events);

    private sealed class Taker(List<JsonElement> events) : HttpPipelineTransport, IDisposable
    {
        private readonly HttpClientTransport _requests = new();

        public void Dispose() => _requests.Dispose();

        public override Request CreateRequest() => _requests.CreateRequest();

        public override async ValueTask ProcessAsync(HttpMessage message)
        {
            using var body = new MemoryStream();
            await message.Request.Content!.WriteToAsync(body, message.CancellationToken);
            using var sent = JsonDocument.Parse(body.ToArray());
            lock (events)
            {
                events.AddRange(sent.RootElement.ValueKind == JsonValueKind.Array
                    ? sent.RootElement.EnumerateArray().Select(one => one.Clone())
                    : [sent.RootElement.Clone()]);
            }

            message.Response = new Answer(message.Request, 200);
        }

        public override void Process(HttpMessage message) => throw new NotSupportedException("Everything is asynchronous here.");
    }
}
