using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SlmOps.Local;

/// <summary>Web applications on 127.0.0.1 that take nothing from the environment and leave signals alone.</summary>
internal static class LoopbackWeb
{
    private const double LeastBytesPerSecond = 240;

    /// <summary>How long a body may take to begin, unless a part says otherwise.</summary>
    public static readonly TimeSpan BodyPatience = TimeSpan.FromSeconds(10);

    /// <summary>The slowest body that is waited for; a slower one gets 408.</summary>
    public static MinDataRate BodyRate(TimeSpan patience) => new(LeastBytesPerSecond, patience);

    /// <summary>An application on the wanted port, or on any free one when that is 0 or taken.</summary>
    public static WebApplication Build(
        int wantedPort,
        ILoggerFactory loggers,
        Action<IServiceCollection>? services = null,
        Action<KestrelServerLimits>? limits = null,
        HttpProtocols protocols = HttpProtocols.Http1)
    {
        var port = LoopbackPort.IfFree(wantedPort);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = protocols);
            kestrel.Limits.MinRequestBodyDataRate = BodyRate(BodyPatience);
            limits?.Invoke(kestrel.Limits);
        });
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, OwnerDecides>());
        builder.Services.AddRoutingCore();
        services?.Invoke(builder.Services);
        var app = builder.Build();
        SameMachine.Use(app);
        return app;
    }

    /// <summary>Where a started application listens.</summary>
    public static Uri AddressOf(WebApplication app) => new(
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>A client for this machine and for the webhooks of subscribers: no proxy, no redirects, no cookies.</summary>
    public static HttpClient Client() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = 1024 * 1024,
    };

    /// <summary>Ctrl+C and SIGTERM belong to the program; each part stops when it is told to.</summary>
    private sealed class OwnerDecides : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
