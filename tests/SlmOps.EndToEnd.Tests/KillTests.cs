using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Storage.Blobs.Models;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Local;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Tuf;
using SlmOps.Packaging.Verification;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.EndToEnd.Tests;

/// <summary>The functions host, its worker, or both killed again and again along a run, at requests that change something.</summary>
public sealed partial class KillTests(ITestOutputHelper output)
{
    private const int LeaseSeconds = 2;
    private const int Seed = 77;

    /// <summary>A message is tried five times before it counts as poison, so no stage of a run may be hit more often than this.</summary>
    private const int MostKillsInAStage = 2;

    /// <summary>After two deaths over the same message these stages give it up.</summary>
    private static readonly string[] HitOnce = ["intake", "quantize", "validate", "deltas"];

    private static readonly string[] Stages =
    [
        "intake",
        "quantize",
        "validate",
        "package",
        "deltas",
        "release",
        "rollout",
        "device report",
    ];

    private sealed record Kill(string Stage, bool After, Victim Victim);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task HostAndWorker_KilledOnceEachAndTogether_RunFinishesAsIfItNeverWas()
    {
        await using var platform = await Platform.StartAsync(withFunctions: false);
        await using var forwarder = await Forwarder.StartAsync(platform.Local.Endpoints);
        EndpointsFile.Write(forwarder.Endpoints);
        var kills = new ConcurrentBag<Kill>();
        (string Stage, Victim Victim)[] planned = [("quantize", Victim.Host), ("package", Victim.Worker), ("rollout", Victim.Both)];

        var files = await RunAsync(
            platform,
            forwarder,
            "killed-thrice",
            kills,
            (stage, _) => planned.ElementAtOrDefault(kills.Count) is { Stage: { } wanted, Victim: var victim } && stage == wanted
                ? victim
                : null);

        Assert.Equal(planned.Select(one => one.Victim).Order(), kills.Select(kill => kill.Victim).Order());
        Assert.Equal(0, await platform.PoisonAsync());
        await BlobsAsync(platform, "artifacts");
        await BlobsAsync(platform, "packages");

        // The original goes through as it came.
        Assert.Contains($" {Digest.Of(OnnxModels.Mlp(Seed).Bytes())} ", files, StringComparison.Ordinal);
    }

    // Host, worker and both, some thirty deaths: minutes of work, so it runs when asked for.
    [Fact(Explicit = true)]
    public async Task HostOrWorker_KilledInEveryStage_RunsFinishAsIfItNeverWas()
    {
        await using var platform = await Platform.StartAsync(withFunctions: false);
        await using var forwarder = await Forwarder.StartAsync(platform.Local.Endpoints);
        EndpointsFile.Write(forwarder.Endpoints);
        var kills = new ConcurrentBag<Kill>();

        var ends = new Dictionary<string, string>();
        foreach (var victim in Enum.GetValues<Victim>())
        {
            ends.Add(
                $"{victim}",
                await RunAsync(
                    platform,
                    forwarder,
                    $"{victim}-killed".ToLowerInvariant(),
                    kills,
                    (stage, turn) => turn && kills.Count(kill => kill.Stage == stage && kill.Victim == victim)
                        < (HitOnce.Contains(stage) ? 1 : MostKillsInAStage)
                            ? victim
                            : null));
        }

        var clean = await RunAsync(platform, forwarder, "never-killed", [], (_, _) => null);

        foreach (var stage in Stages)
        {
            output.WriteLine(
                $"{stage}: {string.Join(", ", kills.Where(kill => kill.Stage == stage).Select(kill => $"{kill.Victim} {(kill.After ? "after" : "before")} the deed"))}"
            );
        }

        Assert.True(kills.Count >= 24, $"{kills.Count} kills");
        Assert.All(Enum.GetValues<Victim>(), victim => Assert.True(kills.Count(kill => kill.Victim == victim) >= 6, $"{victim}"));
        Assert.All((bool[])[false, true], after => Assert.True(kills.Count(kill => kill.After == after) >= 6, $"after: {after}"));
        Assert.Empty(Stages.Except(kills.Select(kill => kill.Stage)));
        Assert.All(ends.Values, end => Assert.Equal(clean, end));
        Assert.Equal(0, await platform.PoisonAsync());
        await BlobsAsync(platform, "artifacts");
        await BlobsAsync(platform, "packages");
    }

    /// <summary>Paths and digests of every file of every variant, as one text.</summary>
    /// <param name="platform">Without functions.</param>
    /// <param name="forwarder">Stands before it.</param>
    /// <param name="name">The model.</param>
    /// <param name="kills">Gets what was killed.</param>
    /// <param name="next">Who dies at a request of a stage, if anybody; the turn of one comes after a few requests.</param>
    private static async Task<string> RunAsync(
        Platform platform, Forwarder forwarder, string name, ConcurrentBag<Kill> kills, Func<string, bool, Victim?> next)
    {
        var upload = Models
            .Mlp(name, "1", Seed, "fp32", "int8")
            .WithManifest(manifest => manifest["variants"]![0]!["recipe"] = "original");
        forwarder.Decide = null;
        forwarder.Published.Clear();
        var host = HostProcess.Start(platform.DataFolder, LeaseSeconds);
        try
        {
            await using var device = await SimulatedDevice.StartAsync(platform, $"{name}-device", name, lab: true);
            await platform.UploadAsync(upload);
            var (sinceStart, planned) = (0, 0);
            var attempts = new Attempts();
            var oneAtATime = new Lock();
            forwarder.Decide = Decide;

            await Wait.ForAsync(
                $"{name} to finish",
                async () =>
                {
                    if (host.HasExited)
                    {
                        await host.DisposeAsync();
                        (sinceStart, planned) = (0, planned + 1);
                        host = HostProcess.Start(platform.DataFolder, LeaseSeconds);
                    }

                    return await FinishedAsync(platform, name);
                },
                done => done,
                _ => $"{string.Join(", ", kills)}; host says: {host.Output}");
            forwarder.Decide = null;
            await DrainedAsync(platform);
            Assert.Equal(DeviceState.Committed, device.Reported[^1].State);

            Death? Decide(Mutation mutation)
            {
                lock (oneAtATime)
                {
                    var turn = ++sinceStart >= 2 + planned % 5;
                    var mayDie = attempts.See(mutation);
                    var stage = mutation.Stage ?? (mutation.Path.Contains("/packages/", StringComparison.Ordinal) ? "package" : "quantize");
                    if (!mayDie || host.HasExited || next(stage, turn) is not { } victim)
                    {
                        return null;
                    }

                    var after = kills.Count % 2 == 1;
                    kills.Add(new(stage, after, victim));
                    attempts.Die(mutation, after);
                    if (victim == Victim.Worker)
                    {
                        // The host lives on and starts another worker: counted anew here.
                        (sinceStart, planned) = (0, planned + 1);
                    }

                    return new(after, () => host.KillAsync(victim));
                }
            }

            Facts(forwarder, name);
            await RowsAsync(platform, name);
            await ListedAsync(platform, name);
            return await FilesAsync(platform, name);
        }
        finally
        {
            forwarder.Decide = null;
            await host.DisposeAsync();
        }
    }

    private static async Task<bool> FinishedAsync(Platform platform, string name) =>
        await platform.Tables.GetTableClient("rollouts").FindAsync<RolloutRecord>(name, RolloutRecord.Row($"{name}@1"), Cancelled)
            is { Value.State: RolloutState.Finished };

    /// <summary>Nothing waits to be sent any more.</summary>
    private static Task<List<string>> DrainedAsync(Platform platform) => Wait.ForAsync(
        "the outbox to be empty",
        async () =>
        {
            List<string> left = [];
            foreach (var table in (string[])["runs", "rollouts"])
            {
                await foreach (var row in platform.Tables.GetTableClient(table).QueryAsync<Azure.Data.Tables.TableEntity>(cancellationToken: Cancelled))
                {
                    if (row.RowKey.StartsWith(OutboxRelay.Prefix, StringComparison.Ordinal))
                    {
                        left.Add($"{row.PartitionKey} {row.RowKey}");
                    }
                }
            }

            return left;
        },
        left => left.Count == 0,
        left => string.Join(", ", left));

    /// <summary>However often it was sent, each fact has one id, and each id one content.</summary>
    private static void Facts(Forwarder forwarder, string name)
    {
        Assert.All(forwarder.Published, published => Assert.Single(published.Value));
        var facts = forwarder.Published.Values.Select(contents => contents.Values.Single())
            .Where(fact => fact.GetProperty("subject").GetString() is { } subject
                && (subject.StartsWith($"models/{name}/", StringComparison.Ordinal) || subject == $"rollouts/{name}@1"))
            .CountBy(fact => fact.GetProperty("type").GetString()!);
        Assert.Equal(
            new Dictionary<string, int>
            {
                [EventTypes.ModelReceived] = 1,
                [EventTypes.ModelQuantized] = 2,
                [EventTypes.ModelValidated] = 2,
                [EventTypes.ModelPackaged] = 1,
                [EventTypes.ModelReleased] = 1,
                [EventTypes.RolloutStarted] = 1,
                [EventTypes.RingStarted] = 2,
                [EventTypes.RingPassed] = 2,
                [EventTypes.RolloutCompleted] = 1,
            }.OrderBy(fact => fact.Key, StringComparer.Ordinal),
            facts.OrderBy(fact => fact.Key, StringComparer.Ordinal));
    }

    private static async Task RowsAsync(Platform platform, string name) => Assert.Equal(
        ["deltas", "package", "quantize|fp32", "quantize|int8", "release", "run", "validate|fp32", "validate|int8"],
        (await platform.RowsAsync("runs", $"{name}@1")).Order(StringComparer.Ordinal));

    /// <summary>Devices find the release in the metadata, once and as it was announced.</summary>
    private static async Task ListedAsync(Platform platform, string name)
    {
        var released = (
            await platform.Tables.GetTableClient("runs").FindAsync<ReleaseResult>($"{name}@1", ReleaseResult.Row, Cancelled))!.Value;
        var listed = Assert.Single(await platform.ListedAsync(), target => target.Release.Model == name);
        Assert.Equal((released.Release, 1L), (listed.Release, listed.Sequence));
        Assert.Equal(1, released.Sequence);
    }

    private static async Task<string> FilesAsync(Platform platform, string name)
    {
        var runs = platform.Tables.GetTableClient("runs");
        var packaged = (await runs.FindAsync<PackageResult>($"{name}@1", PackageResult.Row, Cancelled))!.Value;
        var released = (await runs.FindAsync<ReleaseResult>($"{name}@1", ReleaseResult.Row, Cancelled))!.Value;
        var store = new ContainerBlobStore(platform.Blobs.GetBlobContainerClient("packages"));
        var trust = TrustRoots.Load(platform.Connection.TrustFile);
        var verdict = await PackageVerifier.VerifyAsync(released.Release, store, trust.ReleaseKey, Cancelled);
        Assert.True(verdict.IsAccepted, verdict.Refusal?.Reason);
        List<string> files = [];
        foreach (var offer in packaged.Variants)
        {
            await using var content = await store.OpenReadAsync(offer.Manifest, Cancelled);
            var manifest = new byte[offer.ManifestSize];
            await content.ReadExactlyAsync(manifest, Cancelled);
            files.AddRange(
                ReleaseReader.ReadManifest(manifest).Files.Select(file => $"{offer.Name} {file.Path} {file.Digest} {file.Size}"));
        }

        return string.Join('\n', files);
    }

    /// <summary>No blob of a content-addressed container is anything but what its name says.</summary>
    private static async Task BlobsAsync(Platform platform, string container)
    {
        var client = platform.Blobs.GetBlobContainerClient(container);
        await foreach (var blob in client.GetBlobsAsync(new GetBlobsOptions { Prefix = "blobs/" }, Cancelled))
        {
            var content = (await client.GetBlobClient(blob.Name).DownloadContentAsync(Cancelled)).Value.Content;
            Assert.Equal($"blobs/sha256/{Digest.Of(content).Hex}", blob.Name);
        }
    }

    /// <summary>
    /// The messages that stages work on, by the rows that say so. All functions live in one worker, so a death meant for one
    /// stage is one over every message in work; a message that died once is let through before anything dies again.
    /// </summary>
    private sealed partial class Attempts
    {
        private readonly Lock _gate = new();
        private readonly HashSet<string> _open = [];
        private readonly HashSet<string> _died = [];

        /// <returns>True when a death now would be nobody's second.</returns>
        public bool See(Mutation mutation)
        {
            lock (_gate)
            {
                if (Row(mutation) is { } row)
                {
                    if (mutation.Method == "DELETE")
                    {
                        _open.Remove(row);
                        _died.Remove(row);
                    }
                    else
                    {
                        _open.Add(row);
                    }
                }

                return _died.Count == 0;
            }
        }

        public void Die(Mutation mutation, bool afterTheDeed)
        {
            lock (_gate)
            {
                if (Row(mutation) is { } row && mutation.Method == "DELETE" && !afterTheDeed)
                {
                    _open.Add(row);
                }

                _died.UnionWith(_open);
            }
        }

        private static string? Row(Mutation mutation) => AttemptRow().Match(mutation.Path) is { Success: true } match ? match.Value : null;

        [GeneratedRegex(@"PartitionKey='[^']*',RowKey='attempt\|[^']*'")]
        private static partial Regex AttemptRow();
    }
}
