using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SlmOps.Local.FunctionsHost;

/// <summary>Traces and figures of the functions host.</summary>
internal static class HostDiagnostics
{
    public static readonly ActivitySource Activities = new(LocalTelemetry.FunctionsHost);

    private static readonly Meter Meter = new(LocalTelemetry.FunctionsHost);

    private static readonly ConcurrentDictionary<string, long> Depths = new();

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "slmops.functions.invocation.duration", "s", "Time of an invocation by function and outcome");

    private static readonly Counter<long> Poisoned = Meter.CreateCounter<long>(
        "slmops.functions.poison", "{message}", "Messages moved to a poison queue");

    static HostDiagnostics() => Meter.CreateObservableGauge(
        "slmops.functions.queue.depth",
        () => Depths.Select(item => new Measurement<long>(item.Value, new KeyValuePair<string, object?>("queue", item.Key))),
        "{message}",
        "Messages in a queue, about, invisible ones included");

    public static void Invoked(string function, string outcome, TimeSpan duration) =>
        Duration.Record(
            duration.TotalSeconds,
            new KeyValuePair<string, object?>("function", function),
            new KeyValuePair<string, object?>("outcome", outcome));

    public static void MovedToPoison(string queue) => Poisoned.Add(1, new KeyValuePair<string, object?>("queue", queue));

    public static void QueueDepth(string queue, long depth) => Depths[queue] = depth;

    public static void QueueGone(string queue) => Depths.TryRemove(queue, out _);
}
