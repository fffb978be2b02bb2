using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace SlmOps.Local.Tests.Workers;

/// <summary>One call of a function of the foreign app, as that tells it.</summary>
internal sealed record Seen(string Function, string Data, string? DequeueCount, int Retry, string Traceparent, int Process);

/// <summary>Hears what the foreign app's functions were called with, and tells them what to do.</summary>
internal sealed class Watcher : IAsyncDisposable
{
    private readonly WebApplication _web = LoopbackWeb.Build(0, NullLoggerFactory.Instance);
    private readonly Channel<Seen> _seen = Channel.CreateUnbounded<Seen>();

    private Watcher()
    {
    }

    /// <summary>What a call does: <c>fail</c>, <c>wait</c> until it is cancelled, <c>ignore</c> its cancellation, or nothing.</summary>
    public Func<Seen, string> Answer { get; set; } = _ => "";

    /// <summary>Every call so far.</summary>
    public ConcurrentQueue<Seen> All { get; } = [];

    public Uri Url { get; private set; } = null!;

    public static async Task<Watcher> StartAsync()
    {
        var watcher = new Watcher();
        watcher._web.MapPost(
            "/",
            async (HttpContext context) =>
            {
                var seen = (
                    await JsonSerializer.DeserializeAsync<Seen>(context.Request.Body, JsonSerializerOptions.Web, context.RequestAborted))!;
                watcher.All.Enqueue(seen);
                watcher._seen.Writer.TryWrite(seen);
                await context.Response.WriteAsync(watcher.Answer(seen));
            }
        );
        await watcher._web.StartAsync();
        watcher.Url = LoopbackWeb.AddressOf(watcher._web);
        return watcher;
    }

    public Task<Seen> NextAsync() => _seen.Reader.ReadAsync().AsTask().SoonAsync();

    public ValueTask DisposeAsync() => _web.DisposeAsync();
}
