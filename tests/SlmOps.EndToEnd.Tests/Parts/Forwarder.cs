using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SlmOps.Local;
using Yarp.ReverseProxy.Forwarder;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>
/// Stands between a functions host and its storage and events, sees every request that changes something, and kills the
/// host at chosen ones: before the request is done, or after it is done and before the host hears of it.
/// </summary>
internal sealed class Forwarder : IAsyncDisposable
{
    private const long MaxSeenBody = 1 << 20;

    private readonly List<WebApplication> _webs = [];
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
    });

    /// <summary>Says whether the host dies at a request; null lets it live.</summary>
    internal Func<Mutation, Death?>? Decide { get; set; }

    /// <summary>Content of each published event by source and id.</summary>
    internal ConcurrentDictionary<(string Source, string Id), ConcurrentDictionary<string, JsonElement>> Published { get; } = new();

    /// <summary>The endpoints that the host is to use.</summary>
    internal LocalEndpoints Endpoints { get; private set; } = null!;

    internal static async Task<Forwarder> StartAsync(LocalEndpoints real)
    {
        var forwarder = new Forwarder();
        var storage = real.StorageConnectionString;
        foreach (var part in storage.Split(';').Where(part => part.Contains("Endpoint=http", StringComparison.Ordinal)))
        {
            var address = new Uri(part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            storage = storage.Replace(address.Authority, (await forwarder.ListenAsync(address)).Authority, StringComparison.Ordinal);
        }

        var events = new UriBuilder(real.EventGridTopicEndpoint) { Port = (await forwarder.ListenAsync(real.EventGridTopicEndpoint)).Port };
        forwarder.Endpoints = real with { StorageConnectionString = storage, EventGridTopicEndpoint = events.Uri };
        return forwarder;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var web in _webs)
        {
            await web.DisposeAsync();
        }

        _client.Dispose();
    }

    private async Task<Uri> ListenAsync(Uri target)
    {
        var web = LoopbackWeb.Build(
            0,
            NullLoggerFactory.Instance,
            services => services.AddHttpForwarder(),
            limits => limits.MaxRequestBodySize = null);
        var forwarder = web.Services.GetRequiredService<IHttpForwarder>();
        var authority = target.GetLeftPart(UriPartial.Authority);
        web.Run(async context =>
        {
            var death = await ReadAsync(context.Request) is { } mutation ? Decide?.Invoke(mutation) : null;
            if (death is { AfterTheDeed: false })
            {
                await death.KillAsync();
                context.Abort();
                return;
            }

            await forwarder.SendAsync(
                context,
                authority,
                _client,
                ForwarderRequestConfig.Empty,
                new Unchanged(authority, death),
                context.RequestAborted);
        });
        await web.StartAsync();
        _webs.Add(web);
        return LoopbackWeb.AddressOf(web);
    }

    /// <summary>Null for what only reads, and for the containers, queues and tables that a starting host makes sure of.</summary>
    private async Task<Mutation?> ReadAsync(HttpRequest request)
    {
        var path = Uri.UnescapeDataString(request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0]);
        var creates = request.Query.ContainsKey("restype") || path.EndsWith("/Tables", StringComparison.Ordinal)
            || (request.Method == "PUT" && path.Count(letter => letter == '/') == 2 && !path.Contains('('));
        if (request.Method is "GET" or "HEAD" or "OPTIONS" || creates)
        {
            return null;
        }

        var body = "";
        if (request.ContentLength is > 0 and < MaxSeenBody && !path.Contains("/blobs/", StringComparison.Ordinal))
        {
            request.EnableBuffering();
            using var reader = new StreamReader(request.Body, Encoding.UTF8, leaveOpen: true);
            body = await reader.ReadToEndAsync();
            request.Body.Position = 0;
        }

        if (path.EndsWith("/events", StringComparison.Ordinal))
        {
            Remember(body);
        }

        return new(request.Method, path, body);
    }

    private void Remember(string body)
    {
        using var document = JsonDocument.Parse(body);
        var events =
            document.RootElement.ValueKind == JsonValueKind.Array
                ? document.RootElement.EnumerateArray().ToArray()
                : [document.RootElement];
        foreach (var one in events)
        {
            Published.GetOrAdd((one.GetProperty("source").GetString()!, one.GetProperty("id").GetString()!), _ => new())
                .TryAdd(one.GetRawText(), one.Clone());
        }
    }

    private sealed class Unchanged(string authority, Death? death) : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            // Signatures cover the path as it was written.
            proxyRequest.RequestUri = new Uri(
                authority + httpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
            proxyRequest.Headers.Host = httpContext.Request.Host.Value;
        }

        public override async ValueTask<bool> TransformResponseAsync(
            HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
        {
            if (death is null)
            {
                return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
            }

            await death.KillAsync();
            httpContext.Abort();
            return false;
        }
    }
}

/// <summary>How the host dies at a request.</summary>
internal sealed record Death(bool AfterTheDeed, Func<Task> KillAsync);

/// <summary>A request that changes something.</summary>
internal sealed record Mutation(string Method, string Path, string Body)
{
    private static readonly string[] Queues =
    [
        "model-uploads",
        "quantize",
        "validate",
        "package",
        "deltas",
        "release",
        "rollout-starts",
        "rollouts",
    ];

    /// <summary>
    /// The stage that sent it; null for a file of the artifacts or packages, which two stages write.
    /// </summary>
    internal string? Stage =>
        Path switch
        {
            _ when Path.Contains("/packages/metadata/", StringComparison.Ordinal) || Is("/repository") => "release",
            _ when Path.Contains("/artifacts/", StringComparison.Ordinal) || Path.Contains("/packages/", StringComparison.Ordinal) => null,
            _ when Path.Contains("/channels/", StringComparison.Ordinal) => "rollout",
            _ when Is("/reports", "/devices") => "device report",
            _ when Path.EndsWith("/events", StringComparison.Ordinal) => OfEvent(),
            _ when Queues.FirstOrDefault(queue => Path.Contains($"/{queue}/messages", StringComparison.Ordinal)) is { } queue => OfMessage(
                queue),
            _ => OfRow(),
        };

    private bool Is(params string[] tables) => tables.Any(table =>
        Path.StartsWith("/devstoreaccount1" + table, StringComparison.Ordinal)
        || (Path.EndsWith("/$batch", StringComparison.Ordinal) && Body.Contains("/devstoreaccount1" + table, StringComparison.Ordinal)));

    private string OfEvent() => Body.Contains("slmops.rollout.", StringComparison.Ordinal) ? "rollout"
        : Body.Contains("slmops.model.received", StringComparison.Ordinal) ? "intake"
        : Body.Contains("slmops.model.quantized", StringComparison.Ordinal) ? "quantize"
        : Body.Contains("slmops.model.validated", StringComparison.Ordinal) ? "validate"
        : Body.Contains("slmops.model.packaged", StringComparison.Ordinal) ? "package" : "release";

    /// <summary>A new message comes from the stage before; taking one off is the stage's own.</summary>
    private string OfMessage(string queue) => (queue, Method) switch
    {
        ("quantize", "POST") or ("model-uploads", _) => "intake",
        ("validate", "POST") => "quantize",
        ("package", "POST") => "validate",
        ("deltas", "POST") => "package",
        ("release", "POST") => "deltas",
        ("rollout-starts" or "rollouts", _) => "rollout",
        _ => queue,
    };

    private string OfRow()
    {
        if (Is("/rollouts"))
        {
            return "rollout";
        }

        var text = Path.EndsWith("/$batch", StringComparison.Ordinal) ? Body : Path;
        return text.Contains("quantize|", StringComparison.Ordinal) || text.Contains("outbox|quantize", StringComparison.Ordinal)
                ? "quantize"
            : text.Contains("validate|", StringComparison.Ordinal) || text.Contains("outbox|validate", StringComparison.Ordinal)
                ? "validate"
            : text.Contains("outbox|package", StringComparison.Ordinal) ? "package"
            : text.Contains("outbox|deltas", StringComparison.Ordinal) ? "deltas"
            : text.Contains("outbox|release", StringComparison.Ordinal) ? "release" : "intake";
    }
}
