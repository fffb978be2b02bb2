using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace SlmOps.Local;

/// <summary>Traces and metrics of every SlmOps source, by OTLP when an endpoint is configured.</summary>
internal static class TelemetryExport
{
    private const string Sources = "SlmOps.*";

    /// <param name="services">Of the application that owns the export.</param>
    /// <param name="serviceName">Name of this process.</param>
    /// <param name="prometheus">True to keep metrics for <c>/metrics</c>.</param>
    public static void Add(IServiceCollection services, string serviceName, bool prometheus)
    {
        var otlp = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT"));
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(serviceName))
            .WithTracing(tracing =>
            {
                tracing.AddSource(Sources);
                if (otlp)
                {
                    tracing.AddOtlpExporter();
                }
            })
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Sources);
                if (otlp)
                {
                    metrics.AddOtlpExporter();
                }

                if (prometheus)
                {
                    metrics.AddPrometheusExporter();
                }
            });
    }
}
