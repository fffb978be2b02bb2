using System.Diagnostics;
using Azure.Storage.Blobs.Models;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Local;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Tuf;
using SlmOps.Packaging.Verification;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.EndToEnd.Tests;

/// <summary>
/// Host, worker and the processes that run models killed at points that a seed chooses, while several uploads are in work. Every
/// upload comes to its end, every fact is told once, and what is released is what is released without any death:
/// <c>SlmOps.EndToEnd.Tests -explicit only -class "*KillCampaignTests"</c>.
/// </summary>
public sealed class KillCampaignTests(ITestOutputHelper output)
{
    private const int LeaseSeconds = 2;
    private const int AtOnce = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task Anything_KilledAtRandomPoints_NothingIsLostAndNothingTwice()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Children are found in /proc.");
        var started = Stopwatch.GetTimestamp();
        var deaths = new RandomDeaths(Campaign.Cases(200), Campaign.Seed(41));
        await using var platform = await Platform.StartAsync(withFunctions: false);
        await using var forwarder = await Forwarder.StartAsync(platform.Local.Endpoints);
        EndpointsFile.Write(forwarder.Endpoints);
        await using var host = new LastingHost(platform.DataFolder, LeaseSeconds);
        var clean = await RunAsync(platform, forwarder, host, ["clean"]);
        var expected = await FilesAsync(platform, "clean");
        Assert.Equal(RunState.Finished, clean["clean"]);

        var ends = new Dictionary<string, RunState>();
        for (var round = 0; deaths.AreLeft; round++)
        {
            forwarder.Decide = mutation => deaths.At(mutation, host);
            host.Looked = deaths.Look;
            var names = Enumerable.Range(0, AtOnce).Select(number => $"round-{round}-{number}").ToArray();
            foreach (var (name, end) in await RunAsync(platform, forwarder, host, names))
            {
                ends[name] = end;
            }
        }

        forwarder.Decide = null;
        host.Looked = null;
        foreach (var (name, end) in ends)
        {
            await OnceAsync(platform, forwarder, name, end, expected, deaths.Children > 0);
        }

        Assert.All(forwarder.Published, published => Assert.Single(published.Value));
        Assert.Equal(0, await platform.PoisonAsync());
        await BlobsAsync(platform, "artifacts");
        await BlobsAsync(platform, "packages");
        output.WriteLine(
            $"{deaths}; {ends.Count} uploads: {string.Join(", ", ends.Values.CountBy(end => end).Select(end => $"{end.Value} {end.Key}"))}; "
            + $"{forwarder.Published.Count} facts; {Stopwatch.GetElapsedTime(started).TotalMinutes:0.0} min");
    }

    /// <summary>Uploads models and follows each to its end.</summary>
    private static async Task<Dictionary<string, RunState>> RunAsync(
        Platform platform, Forwarder forwarder, LastingHost host, IReadOnlyList<string> names)
    {
        await host.LookAsync();
        var devices = new List<SimulatedDevice>();
        using var stop = new CancellationTokenSource();
        var keeping = host.KeepAsync(stop.Token);
        try
        {
            foreach (var name in names)
            {
                devices.Add(await SimulatedDevice.StartAsync(platform, $"{name}-device", name, lab: true));
                await platform.UploadAsync(Models.Mlp(name, "1", seed: 77, "fp32", "int8")
                    .WithManifest(manifest => manifest["variants"]![0]!["recipe"] = "original"));
            }

            var ends = new Dictionary<string, RunState>();
            for (var clock = Stopwatch.StartNew(); ends.Count < names.Count;)
            {
                Assert.True(clock.Elapsed < Patience, $"{string.Join(", ", names.Except(ends.Keys))} did not end; host says: {host.Output}");
                foreach (var name in names.Except(ends.Keys).ToArray())
                {
                    if (await StateAsync(platform, name) is { } state && state.IsEnd())
                    {
                        ends[name] = state;
                    }
                }

                await Task.Delay(TimeSpan.FromMilliseconds(400), TimeProvider.System, Cancelled);
            }

            return ends;
        }
        finally
        {
            await stop.CancelAsync();
            await keeping;
            foreach (var device in devices)
            {
                await device.DisposeAsync();
            }
        }
    }

    /// <summary>Null while nobody is there to say it.</summary>
    private static async Task<RunState?> StateAsync(Platform platform, string name)
    {
        try
        {
            return (await platform.Client.ModelAsync(name, "1", Cancelled))?.State;
        }
        catch (Exception away) when (away is HttpRequestException or Cli.CliException)
        {
            return null;
        }
    }

    /// <summary>Each fact of a run once, its rows once, and only files that a run without deaths has too.</summary>
    private static async Task OnceAsync(
        Platform platform, Forwarder forwarder, string name, RunState end, IReadOnlyList<string> expected, bool childrenDied)
    {
        Assert.True(end == RunState.Finished || (childrenDied && end == RunState.Rejected), $"{name} ended as {end}.");
        var facts = forwarder.Published.Values.Select(contents => contents.Values.First())
            .Where(fact => fact.GetProperty("subject").GetString() is { } subject
                && (subject == $"models/{name}/1" || subject.StartsWith($"models/{name}/1/", StringComparison.Ordinal)
                    || subject == $"rollouts/{name}@1"))
            .CountBy(fact => (Type: fact.GetProperty("type").GetString()!, Subject: fact.GetProperty("subject").GetString()!))
            .ToDictionary();
        // Two rings, each with one beginning and one end.
        Assert.All(facts, fact => Assert.True(
            fact.Value == (fact.Key.Type is EventTypes.RingStarted or EventTypes.RingPassed ? 2 : 1),
            $"{name}: {fact.Key} was told {fact.Value} times."));
        Assert.Equal(1, facts.Count(fact => fact.Key.Type == EventTypes.ModelReceived));
        Assert.Equal(2, facts.Count(fact => fact.Key.Type == EventTypes.ModelQuantized));
        Assert.Equal(2, facts.Count(fact => fact.Key.Type == EventTypes.ModelValidated));
        Assert.Equal(
            end == RunState.Finished ? (1, 0) : (0, 1),
            (facts.Count(fact => fact.Key.Type == EventTypes.RolloutCompleted), facts.Count(fact => fact.Key.Type == EventTypes.ModelRejected)));
        if (end == RunState.Finished)
        {
            var files = await FilesAsync(platform, name);
            Assert.Empty(files.Except(expected));
            Assert.True(childrenDied || files.Count == expected.Count, $"{name} lacks {string.Join(", ", expected.Except(files))}.");
        }
    }

    /// <summary>Path and digest of every file of every variant of a release that holds.</summary>
    private static async Task<IReadOnlyList<string>> FilesAsync(Platform platform, string name)
    {
        var runs = platform.Tables.GetTableClient("runs");
        var packaged = (await runs.FindAsync<PackageResult>($"{name}@1", PackageResult.Row, Cancelled))!.Value;
        var released = (await runs.FindAsync<ReleaseResult>($"{name}@1", ReleaseResult.Row, Cancelled))!.Value;
        Assert.Equal(1, released.Sequence);
        var store = new ContainerBlobStore(platform.Blobs.GetBlobContainerClient("packages"));
        var verdict = await PackageVerifier.VerifyAsync(
            released.Release, store, TrustRoots.Load(platform.Connection.TrustFile).ReleaseKey, Cancelled);
        Assert.True(verdict.IsAccepted, verdict.Refusal?.Reason);
        List<string> files = [];
        foreach (var offer in packaged.Variants)
        {
            await using var content = await store.OpenReadAsync(offer.Manifest, Cancelled);
            var manifest = new byte[offer.ManifestSize];
            await content.ReadExactlyAsync(manifest, Cancelled);
            files.AddRange(ReleaseReader.ReadManifest(manifest).Files.Select(file => $"{offer.Name} {file.Path} {file.Digest}"));
        }

        return files;
    }

    private static async Task BlobsAsync(Platform platform, string container)
    {
        var client = platform.Blobs.GetBlobContainerClient(container);
        await foreach (var blob in client.GetBlobsAsync(new GetBlobsOptions { Prefix = "blobs/" }, Cancelled))
        {
            var content = (await client.GetBlobClient(blob.Name).DownloadContentAsync(Cancelled)).Value.Content;
            Assert.Equal($"blobs/sha256/{Digest.Of(content).Hex}", blob.Name);
        }
    }
}
