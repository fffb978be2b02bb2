using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Run;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;
using SlmOps.Packaging;
using SlmOps.Packaging.Signing;
using static SlmOps.Contracts.DeviceState;

namespace SlmOps.EdgeAgent.Tests.Run;

/// <summary>What the freshness metadata lets a device install, and what its absence or forgery does not stop.</summary>
public sealed class FreshnessTests
{
    // Every wait is half of its bound: long enough that one run tries once.
    private const double Jitter = 0.5;

    public static TheoryData<string, string> Attacks => new()
    {
        { "older timestamp", "timestamp-rollback" },
        { "held back until it expires", "timestamp-expired" },
        { "snapshot of another state", "snapshot-mismatch" },
        { "targets of another state", "targets-mismatch" },
        { "older targets under a new snapshot", "targets-rollback" },
        { "endless timestamp", "timestamp-too-large" },
        { "targets longer than signed", "targets-mismatch" },
        { "timestamp by the release key", "timestamp-signature" },
        { "targets by the online key", "targets-signature" },
        { "root by foreign keys", "root-signature" },
        { "targets missing", "targets-missing" },
        { "no metadata at all", "timestamp-missing" },
        { "a web page", "timestamp-malformed" },
        { "service unavailable", "unavailable" },
        { "key refused", "unavailable" },
        { "release not listed", "not-listed" },
        { "release listed with another digest", "not-listed" },
        { "release listed with another signature", "not-listed" },
    };

    [Theory]
    [MemberData(nameof(Attacks))]
    public async Task Run_MetadataThatDoesNotHold_InstallsNothingAndCondemnsNothing(string what, string code)
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("x", [2])));
        await bench.PublishAsync(one);
        var first = new Dictionary<string, byte[]>(bench.Metadata.Files);
        await bench.PublishAsync(one);
        await bench.RunAsync();
        var seen = new Dictionary<string, byte[]>(bench.Metadata.Files);
        bench.Clock.Advance(TimeSpan.FromDays(4));
        await bench.PublishAsync(two);
        var listed = bench.Metadata["2"];
        using var foreign = LocalSigningKey.CreateInMemory();
        await AttackAsync(bench, what, first, seen, foreign);

        var held = await bench.RunAsync(jitter: Jitter);
        bench.Clock.Advance(TimeSpan.FromMinutes(15));
        held = await bench.RunAsync(jitter: Jitter);

        Assert.Equal((Pending, "metadata-" + code, 1), (held.Deployment!.State, held.Deployment.ReasonCode, held.Deployment.Attempt));
        Assert.Equal("1", bench.Current!.Version);
        Assert.Empty(held.Condemned);
        Assert.True(held.Deployment.NotBefore > bench.Clock.GetUtcNow());
        var said = Assert.Single(bench.Service.Reports, report => report.Deployment?.ReasonCode == "metadata-" + code).Deployment!;
        Assert.Equal((Pending, two.Digest), (said.State, said.Release));
        Assert.DoesNotContain(bench.Service.Requests, request => request.Path.EndsWith(two.Digest.ToString(), StringComparison.Ordinal));

        // The good release is none the worse for it.
        bench.Service.OnMetadata = null;
        bench.Metadata.Files.Clear();
        bench.Metadata.Set(listed);
        bench.Clock.Advance(TimeSpan.FromMinutes(15));
        await bench.Metadata.PublishAsync(bench.Clock.GetUtcNow());
        var state = await bench.RunAsync(jitter: Jitter);
        Assert.Equal<(DeviceState, ModelVersion, int)>(
            (Committed, "2", 1),
            (state.Deployment!.State, bench.Current!.Version, state.Deployment.Attempt));
        Assert.Null(
            bench
                .Service.Reports.First(report => report.Deployment is { State: Retrieved } && report.Deployment.Release == two.Digest)
                .Deployment!.ReasonCode);
    }

    [Fact]
    public async Task Run_MetadataWithoutEnd_IsNotReadOn()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        var cut = new TaskCompletionSource();
        bench.Service.OnMetadata = async (context, file) =>
        {
            if (file != "timestamp.json")
            {
                return false;
            }

            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(new byte[64 << 10], CancellationToken.None);
            }

            cut.TrySetResult();
            return true;
        };

        var state = await bench.RunAsync(jitter: Jitter);

        Assert.Equal("metadata-timestamp-too-large", state.Deployment!.ReasonCode);
        await cut.Task;
    }

    [Fact]
    public async Task Run_MetadataExpired_WhatRunsAndWhatSoaksGoesOn()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("fails-soak", [])));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(one, Bench.Offer(two));
        Assert.Equal(Soaking, (await bench.RunAsync()).Deployment!.State);
        bench.Clock.Advance(TimeSpan.FromDays(4));

        var state = await bench.RunAsync(jitter: Jitter);

        // Expired for four days, and the device still leaves a bad model and still runs the good one.
        Assert.Equal<(DeviceState, ModelVersion)>((FailedRollbackComplete, "1"), (state.Deployment!.State, bench.Current!.Version));
    }

    [Fact]
    public async Task Run_RotatedKeys_AreFollowed()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        await bench.RunAsync();
        using var online = LocalSigningKey.CreateInMemory();
        using var before = bench.Metadata.OnlineKey;
        bench.Metadata.OnlineKey = online;
        bench.Metadata.Rotate(2);
        await bench.PublishAsync(await bench.ReleaseAsync("2", ("model.onnx", Models.Good)));

        Assert.Equal<(DeviceState, ModelVersion)>(
            (Committed, "2"),
            ((await bench.RunAsync(jitter: Jitter)).Deployment!.State, bench.Current!.Version));
    }

    [Fact]
    public async Task Run_ClockSetBack_DoesNotReviveOldMetadata()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        var old = bench.Metadata.Files["timestamp.json"];
        bench.Clock.Advance(TimeSpan.FromDays(5));
        var one = bench.Metadata["1"].Release;
        await bench.PublishAsync(one);
        await bench.RunAsync();
        File.Delete(bench.Folder.Channel("stable"));
        await bench.PublishAsync(await bench.ReleaseAsync("2", ("model.onnx", Models.Good)));
        bench.Clock.AdjustTime(Bench.Start);
        var file = new FreshnessFile(bench.Folder, bench.Metadata.Root);
        file.Write(file.Read(out _) with { Timestamp = null, Snapshot = null, Targets = null });
        bench.Metadata.Files["timestamp.json"] = old;

        Assert.Equal("metadata-timestamp-expired", (await bench.RunAsync(jitter: Jitter)).Deployment!.ReasonCode);
    }

    [Fact]
    public async Task Run_ClockOnceYearsAhead_DoesNotMakeEverythingExpiredForEver()
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        bench.Clock.AdjustTime(Bench.Start.AddDays(6));
        Assert.Equal("metadata-timestamp-expired", (await bench.RunAsync(jitter: Jitter)).Deployment!.ReasonCode);
        bench.Clock.AdjustTime(Bench.Start.AddMinutes(5));

        var state = await bench.RunAsync(jitter: Jitter);

        // The wait was set by the wrong clock too.
        Assert.Equal(Pending, state.Deployment!.State);
        bench.Clock.AdjustTime(Bench.Start.AddDays(1));
        using var parts = bench.NewParts(jitter: Jitter);
        parts.Journal.Write(parts.Journal.State with { Deployment = state.Deployment with { NotBefore = null } });
        Assert.Equal(Committed, (await bench.RunAsync(jitter: Jitter)).Deployment!.State);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"schema\":1}")]
    [InlineData("null")]
    [InlineData(
        "{\"schema\":2,\"origin\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"trusted\":{\"root\":\"AA==\",\"timestamp\":null,\"snapshot\":null,\"targets\":null,\"latestTime\":\"2026-01-01T00:00:00Z\"}}"
    )]
    public async Task Run_FreshnessFileDamaged_BeginsWithTheFirstRootAgain(string content)
    {
        await using var bench = await Bench.StartAsync();
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good)));
        await bench.RunAsync();
        File.WriteAllText(bench.Folder.Freshness, content);
        await bench.PublishAsync(await bench.ReleaseAsync("2", ("model.onnx", Models.Good)));

        Assert.Equal<(DeviceState, ModelVersion)>((Committed, "2"), ((await bench.RunAsync()).Deployment!.State, bench.Current!.Version));
    }

    [Fact]
    public async Task Start_TrustFileWithoutARoot_SaysWhatToDo()
    {
        await using var bench = await Bench.StartAsync();
        File.WriteAllText(bench.Trust, "{\"schema\":1,\"releaseKey\":\"x\",\"directorKey\":\"y\"}");

        Assert.Contains(
            "slmops root trust",
            Assert.Throws<PackageFormatException>(() => bench.NewParts()).Message,
            StringComparison.Ordinal);
    }

    private static async Task AttackAsync(
        Bench bench, string what, Dictionary<string, byte[]> first, Dictionary<string, byte[]> seen, LocalSigningKey foreign)
    {
        var (metadata, now) = (bench.Metadata, bench.Clock.GetUtcNow());
        var newest = $"{metadata.Version}.";
        switch (what)
        {
            case "older timestamp":
                metadata.Files["timestamp.json"] = first["timestamp.json"];
                break;
            case "held back until it expires":
                metadata.Files["timestamp.json"] = seen["timestamp.json"];
                break;
            case "snapshot of another state":
                metadata.Files[newest + "snapshot.json"] = seen["2.snapshot.json"];
                break;
            case "targets of another state":
                metadata.Files[newest + "targets.json"] = seen["2.targets.json"];
                break;
            case "older targets under a new snapshot":
                metadata.Version++;
                await metadata.SnapshotAsync(new("1.targets.json", 1, first["1.targets.json"]), now);
                break;
            case "endless timestamp":
                metadata.Files["timestamp.json"] = new byte[1 << 20];
                break;
            case "targets longer than signed":
                metadata.Files[newest + "targets.json"] = [.. metadata.Files[newest + "targets.json"], .. " "u8];
                break;
            case "timestamp by the release key":
                (var online, metadata.OnlineKey) = (metadata.OnlineKey, metadata.ReleaseKey);
                await metadata.PublishAsync(now);
                metadata.OnlineKey = online;
                break;
            case "targets by the online key":
                (var release, metadata.ReleaseKey) = (metadata.ReleaseKey, metadata.OnlineKey);
                await metadata.PublishAsync(now);
                metadata.ReleaseKey = release;
                break;
            case "root by foreign keys":
                metadata.Rotate(2, foreign, foreign);
                break;
            case "targets missing":
                metadata.Files.Remove(newest + "targets.json", out _);
                break;
            case "no metadata at all":
                metadata.Files.Clear();
                break;
            case "a web page":
                metadata.Files["timestamp.json"] = "<html>Sign in</html>"u8.ToArray();
                break;
            case "service unavailable" or "key refused":
                bench.Service.OnMetadata = (context, _) =>
                {
                    context.Response.StatusCode = what == "key refused" ? 401 : 503;
                    return Task.FromResult(true);
                };
                break;
            case "release not listed":
                metadata.Unlist("2");
                await metadata.PublishAsync(now);
                break;
            case "release listed with another digest":
                var listed = metadata["2"];
                metadata.Set(listed with { Release = listed.Release with { Digest = Digest.Of([1]) } });
                await metadata.PublishAsync(now);
                break;
            case "release listed with another signature":
                var signed = metadata["2"];
                metadata.Set(signed with { Release = signed.Release with { Signature = Digest.Of([1]) } });
                await metadata.PublishAsync(now);
                break;
            default:
                throw new InvalidOperationException(what);
        }
    }
}
