using System.Text;
using Microsoft.AspNetCore.Http;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.Tests.Download;

/// <summary>Two releases of which one block of weights differs, and a device that holds the first.</summary>
public sealed class DeltaDownloadTests : IAsyncLifetime
{
    private static readonly byte[][] Blocks = [Models.Random(200_000, 1), Models.Random(200_000, 2), Models.Random(200_000, 3)];
    private static readonly byte[] Changed = Models.Nudge(Blocks[1]);
    private static readonly BlobRef Whole = new(Digest.Of(Changed), Changed.Length);

    private Bench _bench = null!;
    private ReleaseRef _one = null!;
    private ReleaseRef _two = null!;
    private DeltaOffer _offer = null!;
    private DeltaManifest _delta = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private DeltaLayer Layer => _delta.Layers.Single();

    public async ValueTask InitializeAsync()
    {
        _bench = await Bench.StartAsync();
        _one = await ReleaseAsync("1", Blocks);
        _two = await ReleaseAsync("2", [Blocks[0], Changed, Blocks[2]]);
        (_offer, _delta) = await _bench.OfferDeltaAsync(_one, _two);
        await _bench.PublishAsync(_one);
        await _bench.RunAsync();
        await _bench.PublishAsync(_two);
        _bench.Service.Requests.Clear();
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Run_OneBlockChanged_FetchesTheDeltaAloneAndSaysWhatItSaved()
    {
        var state = await _bench.RunAsync();

        AssertInstalled(state);
        var manifest = await _bench.ManifestOfAsync(_two);
        Assert.Equal(
            new[] { _two.Digest, _two.Signature, manifest, _offer.Delta.Digest, Layer.Delta.Digest }.Select(digest => digest.Hex).Order(),
            Fetched().Order());
        var last = _bench.Service.Reports.Last().Deployment!;
        Assert.Equal(new FileInfo(_bench.Service.Store.PathOf(manifest)).Length + _offer.Delta.Size + Layer.Delta.Size, last.BytesFetched);
        Assert.Equal(Models.Good.Length + 600_000, last.BytesWhole);
        Assert.InRange(last.BytesFetched!.Value, 1, last.BytesWhole!.Value / 20);
        AssertTidy();
    }

    [Fact]
    public async Task Run_DeltaFromTheSlotBeforeTheActiveOne_IsUsedToo()
    {
        await _bench.RunAsync();
        var three = await ReleaseAsync("3", [Blocks[0], Models.Nudge(Changed), Blocks[2]]);
        await _bench.OfferDeltaAsync(_one, three);
        await _bench.PublishAsync(three);
        _bench.Service.Requests.Clear();

        await _bench.RunAsync();

        Assert.Equal("3", _bench.Current!.Version);
        Assert.DoesNotContain(Digest.Of(Models.Nudge(Changed)).Hex, Fetched());
    }

    [Fact]
    public async Task Run_DeltaFromWhatTheDeviceDoesNotHold_IsNotAskedFor()
    {
        await _bench.Metadata.OfferAsync(_two, [_offer with { From = Digest.Of("elsewhere"u8) }], _bench.Clock.GetUtcNow());

        AssertInstalled(await _bench.RunAsync());

        Assert.DoesNotContain(_offer.Delta.Digest.Hex, Fetched());
        Assert.Contains(Whole.Digest.Hex, Fetched());
    }

    [Theory]
    [InlineData("missing", "blob-refused")]
    [InlineData("damaged", "digest-mismatch")]
    [InlineData("manifest missing", "blob-refused")]
    [InlineData("manifest damaged", "digest-mismatch")]
    [InlineData("manifest of another pair", "delta-mismatch")]
    [InlineData("manifest is none", "not-json")]
    [InlineData("makes another file", "wrong-result")]
    [InlineData("no delta at all", "bad-frame")]
    [InlineData("base changed on disk", "base-damaged")]
    [InlineData("base gone", "base-damaged")]
    [InlineData("base manifest gone", "base-damaged")]
    public async Task Run_DeltaCannotBeUsed_FetchesTheWholeFileWithoutCostingATry(string what, string code)
    {
        await BreakAsync(what);

        var state = await _bench.RunAsync();

        AssertInstalled(state);
        Assert.Contains(Whole.Digest.Hex, Fetched());
        var line = Assert.Single(_bench.Log.All, line => line.StartsWith("The delta ", StringComparison.Ordinal));
        Assert.Contains($"({code})", line, StringComparison.Ordinal);
        Assert.DoesNotContain(_bench.Service.Reports, report => report.Deployment?.State == DeviceState.DownloadPaused);
        AssertTidy();
    }

    [Fact]
    public async Task Run_ServiceAnswersWithoutTheDelta_WaitsTwiceThenFetchesTheWholeFile()
    {
        _bench.Service.OnBlob = (context, digest) =>
        {
            context.Response.StatusCode = digest == Layer.Delta.Digest ? 503 : 200;
            return Task.FromResult(digest == Layer.Delta.Digest);
        };

        AssertInstalled(await _bench.RunAsync());

        Assert.Equal(2, _bench.ReportedStates.Count(state => state == DeviceState.DownloadPaused));
        Assert.Contains(_bench.Log.All, line => line.Contains("(service-unavailable)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_ConnectionCutInsideTheDelta_GoesOnThereAfterARestart()
    {
        var delta = await File.ReadAllBytesAsync(_bench.Service.Store.PathOf(Layer.Delta.Digest), Cancelled);
        var half = delta.Length / 2;
        var first = true;
        _bench.Service.OnBlob = async (context, digest) =>
        {
            if (digest != Layer.Delta.Digest)
            {
                return false;
            }

            if (first)
            {
                first = false;
                await SendHalfAsync(context, digest, delta);
            }

            context.Abort();
            return true;
        };
        var interrupted = await _bench.RunAsync();
        Assert.Equal(DeviceState.DownloadPaused, interrupted.Deployment!.State);
        Assert.DoesNotContain(Whole.Digest.Hex, Fetched());
        _bench.Service.OnBlob = null;
        _bench.Service.Requests.Clear();

        AssertInstalled(await _bench.RunAsync());

        var request = Assert.Single(_bench.Service.Requests, request => request.Path == $"/storage/{Layer.Delta.Digest}");
        Assert.Equal($"bytes={half}-", request.Range);
        Assert.DoesNotContain(Whole.Digest.Hex, Fetched());
        Assert.True(_bench.Service.Reports.Last().Deployment!.BytesFetched >= delta.Length);
    }

    [Fact]
    public async Task Run_StoppedInsideTheDelta_KnowsWhatItFetchedAndGoesOnThere()
    {
        var delta = await File.ReadAllBytesAsync(_bench.Service.Store.PathOf(Layer.Delta.Digest), Cancelled);
        using var stop = new CancellationTokenSource();
        _bench.Service.OnBlob = async (context, digest) =>
        {
            if (digest == Layer.Delta.Digest)
            {
                await SendHalfAsync(context, digest, delta);
                await stop.CancelAsync();
            }

            return digest == Layer.Delta.Digest;
        };
        using (var parts = _bench.NewParts())
        {
            var loop = _bench.NewLoop(parts);
            loop.Recover();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop.CycleAsync(stop.Token));
        }

        _bench.Service.OnBlob = null;

        AssertInstalled(await _bench.RunAsync());

        var manifest = new FileInfo(_bench.Service.Store.PathOf(await _bench.ManifestOfAsync(_two))).Length;
        Assert.Equal(manifest + _offer.Delta.Size + Layer.Delta.Size, _bench.Service.Reports.Last().Deployment!.BytesFetched);
    }

    [Fact]
    public async Task Run_PowerCutWhileApplying_UsesTheDeltaThatIsThere()
    {
        var store = new ContentStore(_bench.Folder);
        await CopyAsync(Layer.Delta);
        await File.WriteAllBytesAsync(store.PartialOf(Whole.Digest) + ".made", Changed[..1000], Cancelled);

        AssertInstalled(await _bench.RunAsync());

        Assert.DoesNotContain(Layer.Delta.Digest.Hex, Fetched());
        Assert.DoesNotContain(Whole.Digest.Hex, Fetched());
        AssertTidy();
    }

    [Fact]
    public async Task Run_DeltaRottedOnDiskBeforeItWasApplied_IsNeverDecoded()
    {
        var path = await CopyAsync(Layer.Delta);
        var bytes = await File.ReadAllBytesAsync(path, Cancelled);
        bytes[^1] ^= 1;
        File.Delete(path);
        await File.WriteAllBytesAsync(path, bytes, Cancelled);

        AssertInstalled(await _bench.RunAsync());

        Assert.Contains(_bench.Log.All, line => line.Contains("(delta-damaged)", StringComparison.Ordinal));
        Assert.Contains(Whole.Digest.Hex, Fetched());
    }

    [Fact]
    public async Task Run_WholeFileOnItsWayAlready_GoesOnWithIt()
    {
        var store = new ContentStore(_bench.Folder);
        await File.WriteAllBytesAsync(store.PartialOf(Whole.Digest), Changed[..150_000], Cancelled);

        AssertInstalled(await _bench.RunAsync());

        Assert.Contains(_bench.Service.Requests, request => request.Path == $"/storage/{Whole.Digest}" && request.Range == "bytes=150000-");
        Assert.DoesNotContain(Layer.Delta.Digest.Hex, Fetched());
    }

    [Fact]
    public async Task Run_RoomForTheFileButNotForItsDeltaToo_FetchesTheWholeFile()
    {
        _bench.FreeBytes = () => (64 << 20) + Whole.Size;

        AssertInstalled(await _bench.RunAsync());

        Assert.Contains(Whole.Digest.Hex, Fetched());
        Assert.DoesNotContain(Layer.Delta.Digest.Hex, Fetched());
    }

    [Fact]
    public async Task Run_RoomForNeither_WaitsForRoom()
    {
        _bench.FreeBytes = () => (64 << 20) + Whole.Size - 1;

        var state = await _bench.RunAsync();

        Assert.Equal((DeviceState.DownloadPaused, "disk-full"), (state.Deployment!.State, state.Deployment.ReasonCode));
        Assert.DoesNotContain(Whole.Digest.Hex, Fetched());
    }

    private Task<ReleaseRef> ReleaseAsync(string version, byte[][] blocks) => _bench.ReleaseAsync(
        version, [.. blocks.Select((block, index) => ($"weights/L0{index}.bin", block)).Prepend(("model.onnx", Models.Good))]);

    private async Task BreakAsync(string what)
    {
        var cloud = _bench.Service.Store;
        var store = new ContentStore(_bench.Folder);
        switch (what)
        {
            case "missing":
                File.Delete(cloud.PathOf(Layer.Delta.Digest));
                break;
            case "damaged":
                await File.WriteAllBytesAsync(cloud.PathOf(Layer.Delta.Digest), new byte[Layer.Delta.Size], Cancelled);
                break;
            case "manifest missing":
                File.Delete(cloud.PathOf(_offer.Delta.Digest));
                break;
            case "manifest damaged":
                await File.WriteAllBytesAsync(cloud.PathOf(_offer.Delta.Digest), new byte[_offer.Delta.Size], Cancelled);
                break;
            case "manifest of another pair":
                var other = await ReleaseAsync("9", [Models.Nudge(Blocks[0]), Blocks[1], Blocks[2]]);
                await OfferAsync((await _bench.OfferDeltaAsync(_one, other)).Offer.Delta);
                break;
            case "manifest is none":
                await OfferAsync(await cloud.AddAsync("nonsense"u8.ToArray(), Cancelled));
                break;
            case "makes another file":
                var wrong = await ReleaseAsync("9", [Blocks[0], Models.Nudge(Changed), Blocks[2]]);
                await OfferAsync(await ReplaceLayerAsync((await _bench.OfferDeltaAsync(_one, wrong)).Delta.Layers.Single().Delta));
                break;
            case "no delta at all":
                await OfferAsync(await ReplaceLayerAsync(await cloud.AddAsync(new byte[100], Cancelled)));
                break;
            case "base changed on disk":
                DiskPath.Remove(store.PathOf(Digest.Of(Blocks[1])));
                await File.WriteAllBytesAsync(store.PathOf(Digest.Of(Blocks[1])), Blocks[0], Cancelled);
                break;
            case "base gone":
                DiskPath.Remove(store.PathOf(Digest.Of(Blocks[1])));
                break;
            default:
                DiskPath.Remove(store.PathOf(await _bench.ManifestOfAsync(_one)));
                break;
        }
    }

    /// <summary>Half of a blob, and then nothing until it is on the device's disk.</summary>
    private async Task SendHalfAsync(HttpContext context, Digest digest, byte[] content)
    {
        context.Response.ContentLength = content.Length;
        context.Response.Headers.ETag = $"\"{digest.Hex}\"";
        await context.Response.Body.WriteAsync(content.AsMemory(0, content.Length / 2), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        var store = new ContentStore(_bench.Folder);
        while (store.PartialLength(digest) < content.Length / 2)
        {
            await Task.Yield();
        }
    }

    private Task OfferAsync(BlobRef manifest) =>
        _bench.Metadata.OfferAsync(_two, [_offer with { Delta = manifest }], _bench.Clock.GetUtcNow());

    /// <summary>The delta's manifest with other frames for the same file.</summary>
    private async Task<BlobRef> ReplaceLayerAsync(BlobRef frames)
    {
        var text = Encoding.UTF8.GetString(await _bench.Service.Store.ReadAsync(_offer.Delta.Digest, Limits.ManifestBytes, Cancelled));
        var changed = text.Replace(
            $"\"digest\":\"{Layer.Delta.Digest}\",\"size\":{Layer.Delta.Size}",
            $"\"digest\":\"{frames.Digest}\",\"size\":{frames.Size}",
            StringComparison.Ordinal);
        Assert.NotEqual(text, changed);
        return await _bench.Service.Store.AddAsync(Encoding.UTF8.GetBytes(changed), Cancelled);
    }

    private async Task<string> CopyAsync(BlobRef blob)
    {
        var store = new ContentStore(_bench.Folder);
        await using var content = await _bench.Service.Store.OpenReadAsync(blob.Digest, Cancelled);
        await store.WriteAsync(blob.Digest, blob.Size, content, Cancelled);
        return store.PathOf(blob.Digest);
    }

    private void AssertInstalled(AgentState state)
    {
        Assert.True(
            state.Deployment is { State: DeviceState.Committed, Attempt: 1 },
            $"{state.Deployment?.State}, attempt {state.Deployment?.Attempt}: {state.Deployment?.Reason}");
        Assert.Equal("2", _bench.Current!.Version);
        Assert.Equal(Changed, File.ReadAllBytes(Path.Combine(_bench.Data, _bench.Current.Folder, "weights", "L01.bin")));
    }

    /// <summary>Neither a delta nor anything half-made is left behind.</summary>
    private void AssertTidy()
    {
        Assert.Empty(Directory.GetFiles(_bench.Folder.Partial));
        var blobs = Directory.GetFiles(Path.Combine(_bench.Folder.Store, "blobs", "sha256")).Select(Path.GetFileName).ToList();
        Assert.DoesNotContain(_offer.Delta.Digest.Hex, blobs);
        Assert.DoesNotContain(Layer.Delta.Digest.Hex, blobs);
    }

    private List<string> Fetched() => [.. _bench.Service.Requests
        .Where(request => request.Path.StartsWith("/storage/", StringComparison.Ordinal)).Select(request => request.Path.Split(':')[^1])];
}
