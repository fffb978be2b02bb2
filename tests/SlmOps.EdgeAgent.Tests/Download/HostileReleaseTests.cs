using System.Text;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.EdgeAgent.Tests.Download;

/// <summary>Releases that the director names and that must not be taken.</summary>
public sealed class HostileReleaseTests
{
    [Fact]
    public async Task Retrieve_SignedByAnotherKey_IsRejected()
    {
        await using var bench = await Bench.StartAsync();
        using var foreign = LocalSigningKey.CreateInMemory();
        await AssertRejectedAsync(
            bench,
            await bench.ReleaseAsync("1", [new Variant("int8", ("model.onnx", Models.Good))], foreign),
            "signature");
    }

    [Fact]
    public async Task Retrieve_SignedByTheDirectorKey_IsRejected()
    {
        await using var bench = await Bench.StartAsync();
        await AssertRejectedAsync(
            bench,
            await bench.ReleaseAsync("1", [new Variant("int8", ("model.onnx", Models.Good))], bench.DirectorKey),
            "signature");
    }

    [Fact]
    public async Task Retrieve_SignatureOfAnotherRelease_IsRejected()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good)));
        await AssertRejectedAsync(bench, one with { Signature = two.Signature }, "statement");
    }

    [Fact]
    public async Task Retrieve_OtherVersionThanTheChannelSays_IsRejected()
    {
        await using var bench = await Bench.StartAsync();
        await AssertRejectedAsync(bench, await bench.ReleaseAsync("1", ("model.onnx", Models.Good)) with { Version = "9" }, "statement");
    }

    [Fact]
    public async Task Retrieve_IndexLongerThanTheChannelSays_FailsWithoutReadingOn()
    {
        await using var bench = await Bench.StartAsync();
        var release = await bench.ReleaseAsync("1", ("model.onnx", Models.Good));
        await bench.PublishAsync(release with { Size = release.Size - 1 });

        var state = await bench.RunAsync();

        Assert.Equal((DeviceState.FailedNoStateChange, "too-large"), (state.Deployment!.State, state.Deployment.ReasonCode));
    }

    [Theory]
    [InlineData("\"weights/w.bin\"", "\"../../../evil\"")]
    [InlineData("\"weights/w.bin\"", "\"/etc/evil\"")]
    [InlineData("\"weights/w.bin\"", "\"model.onnx\"")]
    [InlineData("\"size\":5000", "\"size\":999999999999")]
    [InlineData("\"size\":5000", "\"size\":-1")]
    [InlineData("\"schemaVersion\":2", "\"schemaVersion\":3")]
    public async Task Download_HostileManifest_IsRejectedBeforeAnyFile(string old, string by)
    {
        await using var bench = await Bench.StartAsync();
        var good = await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("weights/w.bin", Models.Random(5000, 1)));
        var index = ReleaseReader.ReadIndex(File.ReadAllBytes(bench.Service.Store.PathOf(good.Digest)));
        var text = File.ReadAllText(bench.Service.Store.PathOf(index.Variants[0].Manifest));
        Assert.Contains(old, text, StringComparison.Ordinal);
        var evil = Encoding.UTF8.GetBytes(text.Replace(old, by, StringComparison.Ordinal));
        var release = await ForgeAsync(bench, good, index.Variants[0], evil);

        await AssertRejectedAsync(bench, release, "manifest-");

        // Index, bundle and manifest; nothing that the manifest names.
        Assert.Equal(3, bench.Service.Requests.Count(request => request.Path.StartsWith("/storage/", StringComparison.Ordinal)));
        Assert.False(File.Exists(bench.Elsewhere("evil")));
    }

    [Fact]
    public async Task Download_ServiceLacksAFile_FailsAndLeavesTheServiceAloneForHours()
    {
        await using var bench = await Bench.StartAsync();
        var content = Models.Random(5000, 1);
        var release = await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("w.bin", content));
        File.Delete(bench.Service.Store.PathOf(Digest.Of(content)));
        await bench.PublishAsync(release);

        var state = await bench.RunAsync();

        Assert.Equal(
            (DeviceState.FailedNoStateChange, "blob-refused", 3),
            (state.Deployment!.State, state.Deployment.ReasonCode, state.Deployment.Attempt));
        Assert.True(state.Deployment.NotBefore >= Bench.Start.AddHours(6));
        Assert.Empty(state.Condemned);

        await bench.Service.Store.AddAsync(content, TestContext.Current.CancellationToken);
        bench.Clock.Advance(TimeSpan.FromHours(7));
        Assert.Equal(DeviceState.Committed, (await bench.RunAsync()).Deployment!.State);
    }

    [Fact]
    public async Task Download_ServiceUnavailable_PausesAndGoesOnWhereItStopped()
    {
        await using var bench = await Bench.StartAsync();
        var content = Models.Random(5000, 1);
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("w.bin", content)));
        var refusals = 0;
        bench.Service.OnBlob = (context, digest) =>
        {
            if (digest != Digest.Of(content))
            {
                return Task.FromResult(false);
            }

            // Four times it is tried again at once, for the jitter here is none; then the service names a time.
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = ++refusals == 5 ? "300" : "0";
            return Task.FromResult(true);
        };
        var paused = await bench.RunAsync();
        Assert.Equal((DeviceState.DownloadPaused, Bench.Start.AddSeconds(300)), (paused.Deployment!.State, paused.Deployment.NotBefore));

        bench.Service.OnBlob = null;
        bench.Clock.Advance(TimeSpan.FromMinutes(5));
        var state = await bench.RunAsync();

        Assert.Equal((DeviceState.Committed, 1), (state.Deployment!.State, state.Deployment.Attempt));
        Assert.Contains(DeviceState.DownloadPaused, bench.ReportedStates);
    }

    private static async Task AssertRejectedAsync(Bench bench, ReleaseRef release, string code)
    {
        await bench.PublishAsync(release);

        var state = await bench.RunAsync();

        Assert.Equal(DeviceState.Rejected, state.Deployment!.State);
        Assert.StartsWith(code, state.Deployment.ReasonCode, StringComparison.Ordinal);
        Assert.Equal(DeviceState.Rejected, bench.ReportedStates[^1]);
        Assert.Null(bench.Current);
        Assert.False(bench.Service.Reports.Last(report => report.Deployment is not null).Deployment!.Verified);
        Assert.Equal(HoldCodes.Refused, bench.Service.Reports.Last().Hold!.Code);
    }

    /// <summary>A release whose signature is right and whose one manifest is not: the release key was misused or the writer is broken.</summary>
    private static async Task<ReleaseRef> ForgeAsync(Bench bench, ReleaseRef good, VariantOffer offer, byte[] manifest)
    {
        var forged = await bench.Service.Store.AddAsync(manifest, TestContext.Current.CancellationToken);
        var index = File.ReadAllText(bench.Service.Store.PathOf(good.Digest))
            .Replace(offer.Manifest.ToString(), forged.Digest.ToString(), StringComparison.Ordinal)
            .Replace($"\"size\":{offer.ManifestSize}", $"\"size\":{forged.Size}", StringComparison.Ordinal);
        var blob = await bench.Service.Store.AddAsync(Encoding.UTF8.GetBytes(index), TestContext.Current.CancellationToken);
        var statement = $$$"""
            {"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"{{{good.Model}}}:{{{good.Version}}}","digest":{"sha256":"{{{blob.Digest.Hex}}}"}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{}}
            """;
        var signed = await SigstoreBundle.SignAsync(
            Encoding.UTF8.GetBytes(statement),
            bench.ReleaseKey,
            TestContext.Current.CancellationToken);
        var bundle = await bench.Service.Store.AddAsync(signed, TestContext.Current.CancellationToken);
        return good with { Digest = blob.Digest, Size = blob.Size, Signature = bundle.Digest };
    }
}
