using System.Diagnostics;

namespace SlmOps.Local;

/// <summary>Names of what the platform emits, and the trace context it hands on.</summary>
internal static class LocalTelemetry
{
    public const string StorageProxy = "SlmOps.StorageProxy";
    public const string FunctionsHost = "SlmOps.FunctionsHost";

    /// <summary>
    /// Samples the platform's own activities even when nothing exports them, so that every event and message carries a
    /// trace context. Dispose to stop.
    /// </summary>
    public static ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is StorageProxy or FunctionsHost,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    /// <summary>The W3C trace context of an activity, else of its parent, else a new one.</summary>
    public static string Traceparent(Activity? activity, ActivityContext parent) => activity?.Id
        ?? (parent != default
            ? $"00-{parent.TraceId}-{parent.SpanId}-01"
            : $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-01");
}
