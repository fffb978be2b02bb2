using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace SlmOps.Local.StorageProxy;

/// <summary>A reverse proxy before Azurite's blob service that raises the blob events which Azurite lacks.</summary>
internal sealed class BlobProxy : IAsyncDisposable
{
    // The longest silence in the middle of a transfer.
    private static readonly ForwarderRequestConfig Forwarding = new() { ActivityTimeout = TimeSpan.FromMinutes(10) };

    private readonly WebApplication _web;
    private readonly HttpMessageInvoker _client;

    private BlobProxy(WebApplication web, HttpMessageInvoker client)
    {
        _web = web;
        _client = client;
    }

    /// <summary>Address of the proxy: what clients take for the blob service.</summary>
    public Uri Url { get; private set; } = null!;

    public static async Task<BlobProxy> StartAsync(
        BlobProxyOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var web = LoopbackWeb.Build(
            options.Port,
            loggers,
            services => services.AddHttpForwarder(),
            limits =>
            {
                limits.MaxRequestBodySize = null;
                limits.MinRequestBodyDataRate = LoopbackWeb.BodyRate(options.BodyPatience);
                limits.MinResponseDataRate = null;
            });
        var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = false,
            ConnectTimeout = TimeSpan.FromSeconds(15),
        });
        var proxy = new BlobProxy(web, client);
        var transformer = new RaisingTransformer(options, () => proxy.Url, time, loggers.CreateLogger<BlobProxy>());
        var forwarder = web.Services.GetRequiredService<IHttpForwarder>();
        var target = options.Target.GetLeftPart(UriPartial.Authority);
        web.Run(async context =>
        {
            if (!context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.StartsWith('/'))
            {
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                return;
            }

            await forwarder.SendAsync(context, target, client, Forwarding, transformer, context.RequestAborted);
        });
        try
        {
            await web.StartAsync(cancellationToken);
            proxy.Url = LoopbackWeb.AddressOf(web);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        _client.Dispose();
    }
}
