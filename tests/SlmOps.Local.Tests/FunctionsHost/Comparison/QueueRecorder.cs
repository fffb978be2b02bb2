using System.Collections.Concurrent;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Yarp.ReverseProxy.Forwarder;

namespace SlmOps.Local.Tests.FunctionsHost.Comparison;

/// <summary>Stands before Azurite's queues and writes down what listeners ask of them.</summary>
internal sealed class QueueRecorder : IAsyncDisposable
{
    private const string PoisonSuffix = "-poison";
    private readonly ConcurrentDictionary<string, Recording> _recordings = new();
    private readonly ConcurrentDictionary<string, bool> _sentinels = new();
    private readonly HttpMessageInvoker _client = new(
        new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });
    private readonly WebApplication _web = LoopbackWeb.Build(0, NullLoggerFactory.Instance, services => services.AddHttpForwarder());

    private QueueRecorder(string connectionString) => ConnectionString = connectionString;

    /// <summary>Of the queues behind this recorder.</summary>
    public string ConnectionString { get; private set; }

    public static async Task<QueueRecorder> StartAsync(SharedAzurite azurite)
    {
        var recorder = new QueueRecorder(azurite.ConnectionString);
        var authority = azurite.Endpoints.Queue.GetLeftPart(UriPartial.Authority);
        var forwarder = recorder._web.Services.GetRequiredService<IHttpForwarder>();
        recorder._web.Run(context => recorder.ServeAsync(context, forwarder, authority));
        await recorder._web.StartAsync();
        recorder.ConnectionString = azurite.ConnectionString.Replace(
            azurite.Endpoints.Queue.Authority, LoopbackWeb.AddressOf(recorder._web).Authority, StringComparison.Ordinal);
        return recorder;
    }

    public Recording Record(string queue) => _recordings[queue] = new();

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        _client.Dispose();
    }

    private static bool IsPoison(string queue) => queue.EndsWith(PoisonSuffix, StringComparison.Ordinal);

    private async Task ServeAsync(HttpContext context, IHttpForwarder forwarder, string authority)
    {
        // /account/queue/messages/id
        var path = context.Request.Path.Value!.Split('/');
        var (queue, messages, id) = (path.ElementAtOrDefault(2) ?? "", path.Length > 3, path.ElementAtOrDefault(4));
        var recording = _recordings.GetValueOrDefault(queue)
            ?? (IsPoison(queue) ? _recordings.GetValueOrDefault(queue[..^PoisonSuffix.Length]) : null);
        if (recording?.IsCut == true)
        {
            context.Abort();
            return;
        }

        var step = recording is null || !messages || (id is not null && _sentinels.ContainsKey(id))
            ? null
            : await StepAsync(context.Request, queue);
        if (step is not null && recording!.Refuse(step) is { } status)
        {
            recording.Add($"{step} ({status})");
            context.Response.StatusCode = status;
            return;
        }

        await forwarder.SendAsync(
            context,
            authority,
            _client,
            ForwarderRequestConfig.Empty,
            new Seen(this, authority, recording, step, id),
            context.RequestAborted);
    }

    /// <summary>Null for what changes nothing; a fetch counts when messages came.</summary>
    private static async Task<string?> StepAsync(HttpRequest request, string queue)
    {
        var hidden = request.Query["visibilitytimeout"].ToString();
        switch (request.Method)
        {
            case "DELETE":
                return "delete";
            case "PUT":
                return $"hide {hidden} s";
            case "POST":
                request.EnableBuffering();
                var body = await XDocument.LoadAsync(request.Body, LoadOptions.None, request.HttpContext.RequestAborted);
                request.Body.Position = 0;
                var life = request.Query["messagettl"].ToString() is { Length: > 0 } ttl ? $" for {ttl} s" : "";
                return $"copy `{body.Root!.Element("MessageText")!.Value}`{life} to {(IsPoison(queue) ? "poison" : "queue")}";
            default:
                return null;
        }
    }

    private async Task SeeFetchAsync(HttpRequest request, HttpResponseMessage response, Recording recording)
    {
        recording.Looks++;
        await response.Content.LoadIntoBufferAsync();
        var list = XDocument.Parse(await response.Content.ReadAsStringAsync());
        var fetched = 0;
        foreach (var message in list.Root!.Elements("QueueMessage"))
        {
            if (message.Element("MessageText")!.Value == Recording.Sentinel)
            {
                _sentinels[message.Element("MessageId")!.Value] = true;
            }
            else
            {
                fetched++;
            }
        }

        if (fetched > 0)
        {
            recording.Lease = request.Query["visibilitytimeout"].ToString();
            recording.Batch = request.Query["numofmessages"].ToString();
            recording.Add("fetch");
        }
    }

    private sealed class Seen(QueueRecorder recorder, string authority, Recording? recording, string? step, string? id) : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            // Signatures cover the path as it was written.
            proxyRequest.RequestUri = new Uri(
                authority + httpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        }

        public override async ValueTask<bool> TransformResponseAsync(
            HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
        {
            var (request, code) = (httpContext.Request, (int?)proxyResponse?.StatusCode ?? 0);
            if (recording is not null && code == 200 && request.Method == "GET" && request.Query.ContainsKey("visibilitytimeout"))
            {
                await recorder.SeeFetchAsync(request, proxyResponse!, recording);
            }
            else if (step is not null && !(code == 404 && step.StartsWith("copy", StringComparison.Ordinal)))
            {
                recording!.Add(code < 400 ? step : $"{step} ({code})");
            }
            else if (id is not null && request.Method == "DELETE" && code < 400)
            {
                recording?.Settle();
            }

            return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        }
    }
}
