using System.Diagnostics;
using System.Diagnostics.Metrics;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline;

/// <summary>One activity source and one meter; names follow OpenTelemetry's conventions.</summary>
internal static class PipelineTelemetry
{
    internal const string Name = "SlmOps.Pipeline";

    internal static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> StageDuration = Meter.CreateHistogram<double>(
        "slmops.stage.duration", "s", "Time that one stage took for one message.");

    /// <summary>Runs a stage inside a span that continues the message's trace.</summary>
    internal static async Task RunAsync(
        TimeProvider time, string stage, string? traceparent, RunKey? run, string? variant, Func<Task> work)
    {
        // Where the host already continued the message's trace, this is a step inside its span.
        var continued =
            Activity.Current is { } current && traceparent?.Contains(current.TraceId.ToHexString(), StringComparison.Ordinal) == true;
        using var span = continued ? Source.StartActivity(stage) : Source.StartActivity(stage, ActivityKind.Consumer, traceparent);
        span?.SetTag("slmops.model", run?.Model.ToString())
            .SetTag("slmops.version", run?.Version.ToString())
            .SetTag("slmops.variant", variant);
        var started = time.GetTimestamp();
        var outcome = "succeeded";
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            outcome = "failed";
            span?.SetStatus(ActivityStatusCode.Error, fault.Message);
            throw;
        }
        finally
        {
            StageDuration.Record(
                time.GetElapsedTime(started).TotalSeconds,
                new KeyValuePair<string, object?>("stage", stage),
                new KeyValuePair<string, object?>("outcome", outcome));
        }
    }
}
