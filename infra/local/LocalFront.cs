using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SlmOps.Local.EventGrid;

namespace SlmOps.Local;

/// <summary>The platform's own address: health, metrics, flush, the event log.</summary>
internal static class LocalFront
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static WebApplication Build(int port, LocalPlatform platform, ILoggerFactory loggers)
    {
        var app = LoopbackWeb.Build(port, loggers, services => TelemetryExport.Add(services, "slmops-local", prometheus: true));
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapGet("/healthz", async (CancellationToken cancellationToken) =>
        {
            var parts = await platform.HealthAsync(cancellationToken);
            var well = parts.Values.All(state => state == "ok");
            return Results.Json(new { status = well ? "ok" : "broken", parts }, statusCode: well ? 200 : 503);
        });
        EventGridApi.MapTools(app, platform.Events);
        return app;
    }

    /// <summary>Asks each part for anything: an answer of any kind is a sign of life.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> AskAsync(
        IReadOnlyDictionary<string, (Uri Url, Task Completion)> parts, CancellationToken cancellationToken)
    {
        using var http = LoopbackWeb.Client();
        http.Timeout = Patience;
        var states = await Task.WhenAll(parts.Select(async part => (
            part.Key,
            State: part.Value.Completion.IsCompleted ? "stopped" : await AskAsync(http, part.Value.Url, cancellationToken))));
        return states.ToDictionary(state => state.Key, state => state.State);
    }

    private static async Task<string> AskAsync(HttpClient http, Uri url, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return "ok";
        }
        catch (HttpRequestException e)
        {
            return $"no answer: {e.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {Patience.TotalSeconds} s";
        }
    }
}
