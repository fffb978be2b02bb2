using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace SlmOps.Local.Tests.EventGrid;

/// <summary>A request that a webhook got.</summary>
internal sealed record Received(string Method, IReadOnlyDictionary<string, string> Headers, string? ContentType, JsonElement Body);

/// <summary>A subscriber's webhook: keeps what it gets and answers as it is told.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<Received> _received = Channel.CreateUnbounded<Received>();

    private Receiver(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>Answers to notifications, in order; 200 when none is left.</summary>
    public ConcurrentQueue<int> Answers { get; } = new();

    /// <summary>What it says to the CloudEvents handshake; null says nothing.</summary>
    public string? AllowedOrigin { get; set; } = "*";

    /// <summary>Whether it answers the Event Grid handshake.</summary>
    public bool Echoes { get; set; } = true;

    public static async Task<Receiver> StartAsync()
    {
        var app = LoopbackWeb.Build(0, NullLoggerFactory.Instance);
        var receiver = new Receiver(app);
        app.Run(receiver.HandleAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        receiver.Url = new Uri(LoopbackWeb.AddressOf(app), "/hook");
        return receiver;
    }

    public Task<Received> NextAsync() => _received.Reader.ReadAsync().AsTask().SoonAsync();

    public bool IsQuiet => _received.Reader.Count == 0;

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        if (HttpMethods.IsOptions(context.Request.Method))
        {
            if (AllowedOrigin is not null)
            {
                context.Response.Headers["WebHook-Allowed-Origin"] = AllowedOrigin;
            }

            return;
        }

        using var document = await JsonDocument.ParseAsync(context.Request.Body);
        var body = document.RootElement.Clone();
        if (context.Request.Headers["aeg-event-type"] == "SubscriptionValidation")
        {
            ValidationUrl = new Uri(body[0].GetProperty("data").GetProperty("validationUrl").GetString()!);
            if (Echoes)
            {
                await context.Response.WriteAsJsonAsync(new
                {
                    validationResponse = body[0].GetProperty("data").GetProperty("validationCode").GetString(),
                });
            }

            return;
        }

        await _received.Writer.WriteAsync(new(
            context.Request.Method,
            context.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()),
            context.Request.ContentType,
            body));
        context.Response.StatusCode = Answers.TryDequeue(out var status) ? status : 200;
    }

    public Uri? ValidationUrl { get; private set; }
}
