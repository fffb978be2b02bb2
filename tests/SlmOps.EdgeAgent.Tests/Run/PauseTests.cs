using System.Globalization;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Download;
using SlmOps.EdgeAgent.Run;
using SlmOps.EdgeAgent.Tests.Fakes;
using static SlmOps.Contracts.DeviceState;

namespace SlmOps.EdgeAgent.Tests.Run;

/// <summary>How long a download is left alone when its line breaks.</summary>
public sealed class PauseTests
{
    // Less than what counts as progress within one pause.
    private const int BytesPerConnection = 57_000;

    [Fact]
    public async Task Download_LineBreaksAgainAndAgain_PausesAreCountedAnewOnceBytesCame()
    {
        await using var bench = await Bench.StartAsync();
        int[] pauses = [BytesPerConnection, BytesPerConnection, 0, BytesPerConnection];
        var weights = Models.Random(20 * BytesPerConnection, 15);
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("w.bin", weights)));
        var connections = 0;
        bench.Service.OnBlob = async (context, digest) =>
        {
            if (digest != Digest.Of(weights))
            {
                return false;
            }

            // Says that all of the rest comes, and ends after a part of it.
            var range = context.Request.Headers.Range.ToString();
            var from = range.Length == 0 ? 0 : int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
            context.Response.Headers.ETag = "\"tag\"";
            context.Response.StatusCode = from == 0 ? 200 : 206;
            if (from > 0)
            {
                context.Response.Headers.ContentRange = $"bytes {from}-{weights.Length - 1}/{weights.Length}";
            }

            var pause = connections++ / BlobDownloader.MaxFruitlessTries;
            var bytes = pause < pauses.Length ? pauses[pause] : weights.Length - from;
            await context.Response.Body.WriteAsync(weights.AsMemory(from, bytes), context.RequestAborted);
            return true;
        };
        AgentParts? parts = null;
        List<int> counted = [];

        // Without jitter nobody waits here; what a wait is made of is the count.
        using (parts = bench.NewParts(afterWrite: _ =>
        {
            if (parts?.Journal.State.Deployment is { State: DownloadPaused } paused)
            {
                counted.Add(paused.Pauses);
            }
        }))
        {
            var loop = bench.NewLoop(parts);
            loop.Recover();
            await loop.CycleAsync(TestContext.Current.CancellationToken);

            Assert.Equal(Committed, parts.Journal.Deployment.State);
        }

        Assert.Equal([1, 1, 2, 1], counted);
    }
}
