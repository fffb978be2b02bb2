using System.Collections.Concurrent;
using SlmOps.Contracts.Operator;
using System.Diagnostics;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;

namespace SlmOps.EndToEnd.Tests;

/// <summary>One trace from the upload to the device, and the same keys in every log line.</summary>
public sealed class TraceTests(SharedPlatform shared)
{
    private readonly Platform _platform = shared.Platform;

    [Fact]
    public async Task Run_FromUploadToDeviceReport_IsOneTrace()
    {
        var spans = new ConcurrentBag<(string Name, string TraceId)>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("SlmOps", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => spans.Add((activity.OperationName, activity.TraceId.ToHexString())),
        };
        ActivitySource.AddActivityListener(listener);
        var upload = Models.Mlp("traced", "1", 601, "int8");
        await using var device = await SimulatedDevice.StartAsync(_platform, "traced-1", "traced", lab: true);

        await _platform.UploadAsync(upload);
        await _platform.UntilAsync(upload, RunState.Finished);
        await Wait.ForAsync(
            "the end as an event",
            () => _platform.EventsAsync(EventTypes.RolloutCompleted, "rollouts/traced@"),
            found => found.Count > 0,
            _ => "none");

        var created = (
            await _platform.EventsAsync("Microsoft.Storage.BlobCreated", $"/blobServices/default/containers/models/blobs/{upload.Start}")
        )[0];
        var trace = TraceOf(created);
        Assert.Equal(
            [trace],
            (await _platform.EventsAsync(subject: "models/traced/"))
                .Concat(await _platform.EventsAsync(subject: "rollouts/traced@"))
                .Select(TraceOf)
                .Distinct());
        Assert.Equal(trace, device.Document!.Traceparent?.Split('-')[1]);
        var names = spans.Where(span => span.TraceId == trace).Select(span => span.Name).ToHashSet();
        Assert.Superset(new HashSet<string> { "Intake", "Quantize", "Validate", "Package", "Deltas", "Release", "RolloutStart" }, names);

        // Across the border to the worker: what each stage wrote there stands in the same trace.
        var lines = _platform.LogLines().Where(line => Text(line, "model") == "traced").ToList();
        Assert.Superset(
            new HashSet<int> { 100, 102, 103, 104, 105, 120 },
            lines.Select(line => line.GetProperty("event").GetInt32()).ToHashSet());
        Assert.All(lines, line => Assert.Equal(trace, Text(line, "traceId")));
    }

    [Fact]
    public async Task Log_OfARun_CarriesTheKeysThatFindIt()
    {
        var upload = Models.Mlp("logged", "1", 602, "int8");
        await using var device = await SimulatedDevice.StartAsync(_platform, "logged-1", "logged");

        await _platform.UploadAsync(upload);
        await _platform.UntilAsync(upload, RunState.Finished);
        var lines = _platform.LogLines().Where(line => Text(line, "model") == "logged").ToList();

        Assert.All(lines, line => Assert.Equal("1", Text(line, "version")));
        Assert.Superset(
            new HashSet<int> { 100, 102, 103, 104, 105, 120 },
            lines.Select(line => line.GetProperty("event").GetInt32()).ToHashSet());
        Assert.All(lines, line => Assert.NotNull(Text(line, "traceId")));
        Assert.All(
            lines.Where(line => line.GetProperty("event").GetInt32() == 120),
            line => Assert.Equal("logged-1", Text(line, "device")));
        Assert.Contains(_platform.LogLines(), line => Text(line, "run") == "logged@1" && line.GetProperty("event").GetInt32() == 110);
    }

    private static string TraceOf(JsonElement fact) => fact.GetProperty("traceparent").GetString()!.Split('-')[1];

    private static string? Text(JsonElement line, string key) => line.TryGetProperty(key, out var value) ? value.ToString() : null;
}
