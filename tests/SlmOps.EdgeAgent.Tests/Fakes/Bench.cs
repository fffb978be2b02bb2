using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Logging;
using SlmOps.EdgeAgent.Options;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Run;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.State;
using SlmOps.Packaging.Channels;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>A service, two keys and a data folder: everything around one agent.</summary>
internal sealed class Bench : IAsyncDisposable
{
    internal static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly TestFolder _folder;
    private int _version;

    private Bench(TestFolder folder, Service service)
    {
        (_folder, Service, Data) = (folder, service, folder["data"]);
        Metadata = new(ReleaseKey);
        service.Metadata = Metadata.Files;
        new TrustRoots(ReleaseKey.PublicKey, DirectorKey.PublicKey, Metadata.Root).Save(Trust);
        File.WriteAllText(Script, Fares);
    }

    internal Service Service { get; }

    internal LocalSigningKey ReleaseKey { get; } = LocalSigningKey.CreateInMemory();

    internal LocalSigningKey DirectorKey { get; } = LocalSigningKey.CreateInMemory();

    internal Func<long>? FreeBytes { get; set; }

    /// <summary>Agent, runtime and kernel, for who changes them; null for those of this machine.</summary>
    internal string? Surroundings { get; set; }

    internal Lines Log { get; } = new();

    internal MetadataRepository Metadata { get; }

    internal FakeTimeProvider Clock { get; } = new(Start);

    internal string Data { get; private set; }

    internal string Trust => _folder["trust.json"];

    internal string Elsewhere(string name) => _folder[name];

    internal DataFolder Folder => new(Data);

    internal AgentOptions Options => new()
    {
        Url = Service.Url,
        Token = "the-token",
        Channel = "stable",
        DeviceId = "d-1",
        DataPath = Data,
        TrustPath = Trust,
        Labels = new Dictionary<string, string> { ["site"] = "lab" },
        MemoryBytes = 64 << 20,
        Preference = Preference.Balanced,
        Poll = TimeSpan.FromSeconds(30),
        Launcher = [],
    };

    internal IReadOnlyList<string> ScriptCommand => ["/bin/sh", Script];

    /// <summary>
    /// The agent in its own build output (beside the tests it would miss what the web framework brings them), or the
    /// published one that SLMOPS_TEST_AGENT names.
    /// </summary>
    internal static string Executable { get; } = Environment.GetEnvironmentVariable("SLMOPS_TEST_AGENT") ?? Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "SlmOps.EdgeAgent", new DirectoryInfo(AppContext.BaseDirectory).Name,
        OperatingSystem.IsWindows() ? "slmops-agent.exe" : "slmops-agent"));

    private string Script => _folder["smoke.sh"];

    // A variant says by a file of its own how it fares.
    private static string Fares { get; } = SmokeScript.Of("""
        if [ -e "$folder/fails-smoke" ]; then disagrees '0 of 8'; fi
        if [ -e "$folder/adapters/fails-smoke" ] || [ -e "$folder/adapters/local/fails-smoke" ]; then disagrees 'adapted: 0 of 8'; fi
        if [ -e "$folder/adapters/fails-soak" ] && [ "$prompts" = 1 ]; then disagrees 'adapted: 0 of 8'; fi
        if [ -e "$folder/fails-soak" ] && [ "$prompts" = 1 ]; then disagrees '0 of 8'; fi
        if [ -e "$folder/crashes" ]; then kill -SEGV $$; fi
        passes
        """);

    internal static async Task<Bench> StartAsync()
    {
        var folder = new TestFolder();
        return new(folder, await Service.StartAsync(folder["service"]));
    }

    internal AgentParts NewParts(
        Action<int>? beforeWrite = null,
        Action<int>? afterWrite = null,
        AgentOptions? options = null,
        double jitter = 0) =>
        new(
            options ?? Options,
            Folder,
            (options ?? Options).DeviceId!.Value,
            new(Clock, new ConstantRandom(jitter), ScriptCommand, beforeWrite, afterWrite, FreeBytes, Surroundings),
            Log);

    internal AgentLoop NewLoop(AgentParts parts) => new(parts, Options.Poll, Clock, new ConstantRandom(0), NullLogger.Instance);

    /// <summary>Starts an agent on the data folder as it is, lets it settle once, and stops it.</summary>
    internal async Task<AgentState> RunAsync(AgentOptions? options = null, double jitter = 0)
    {
        using var parts = NewParts(options: options, jitter: jitter);
        var loop = NewLoop(parts);
        loop.Recover();
        while (await loop.CycleAsync(CancellationToken.None) is null)
        {
        }

        loop.Stop();
        return parts.Journal.State;
    }

    internal Task<ReleaseRef> ReleaseAsync(string version, params (string Path, byte[] Content)[] files) =>
        ReleaseAsync(version, [new Variant("int8", files)]);

    internal async Task<ReleaseRef> ReleaseAsync(string version, IReadOnlyList<Variant> variants, LocalSigningKey? key = null)
    {
        var offers = new List<VariantOffer>();
        foreach (var variant in variants)
        {
            var folder = _folder["build", $"{version}-{variant.Name}"];
            foreach (var (path, content) in variant.Files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, path))!);
                await File.WriteAllBytesAsync(Path.Combine(folder, path), content);
            }

            offers.Add(
                await VariantPackager.PackAsync(
                    folder,
                    new()
                    {
                        Model = "tiny",
                        Version = version,
                        Variant = variant.Name,
                        Recipe = variant.Name,
                        CreatedAt = Start,
                        Needs = new(variant.RamBytes, "1.20.0", []),
                        Figures = variant.Figures,
                        Source = Digest.Of("source"u8),
                    },
                    Service.Store,
                    CancellationToken.None) with
                { FailedClasses = variant.FailedClasses });
        }

        return await ReleasePackager.WriteAsync(
            "tiny",
            version,
            Start,
            [.. offers.OrderBy(offer => offer.Name, StringComparer.Ordinal)],
            Service.Store,
            key ?? ReleaseKey,
            CancellationToken.None);
    }

    /// <summary>Makes the delta between the only variants of two releases and offers it.</summary>
    internal async Task<(DeltaOffer Offer, DeltaManifest Delta)> OfferDeltaAsync(ReleaseRef from, ReleaseRef to)
    {
        var offer = await DeltaPackager.WriteAsync(
            await ManifestOfAsync(from),
            await ManifestOfAsync(to),
            Service.Store,
            CancellationToken.None);
        await Metadata.OfferAsync(to, [.. Metadata.DeltasTo(to), offer!], Clock.GetUtcNow());
        return (
            offer!,
            DeltaManifest.Read(await Service.Store.ReadAsync(offer!.Delta.Digest, Limits.ManifestBytes, CancellationToken.None)));
    }

    internal async Task<Digest> ManifestOfAsync(ReleaseRef release) => ReleaseReader.ReadIndex(
        await Service.Store.ReadAsync(release.Digest, Limits.IndexBytes, CancellationToken.None)).Variants.Single().Manifest;

    internal Task PublishAsync(ReleaseRef? stable, RolloutOffer? candidate = null, params Digest[] withdrawn) =>
        PublishAsync(
            new ChannelDocument
            {
                Schema = 1,
                Channel = "stable",
                Version = ++_version,
                IssuedAt = Clock.GetUtcNow(),
                Expires = Clock.GetUtcNow().AddDays(7),
                Stable = stable,
                Candidate = candidate,
                Withdrawn = withdrawn,
            });

    internal async Task PublishAsync(ChannelDocument document, LocalSigningKey? key = null)
    {
        _version = (int)Math.Max(_version, document.Version);
        await Metadata.ListAsync(document.Stable, document.Candidate?.Release, document.IssuedAt);
        Service.Publish(await ChannelSigner.SignAsync(document, key ?? DirectorKey, CancellationToken.None));
    }

    /// <summary>The next version of the channel document, for who makes one by hand.</summary>
    internal int NextVersion() => ++_version;

    internal static RolloutOffer Offer(ReleaseRef release, int soakSeconds = 60, string rollout = "r-1") => new(
        rollout, release, "salt", [new("canary", 1, new Dictionary<string, string> { ["site"] = "lab" })], soakSeconds);

    /// <summary>Goes on with a copy of a data folder, and forgets what was reported so far.</summary>
    internal void Fork(string data, string name, Action<string, string>? copyFolder = null)
    {
        Data = _folder[name];
        Service.Reports.Clear();
        Service.Requests.Clear();
        Log.Clear();
        if (copyFolder is not null)
        {
            copyFolder(data, Data);
            return;
        }

        foreach (var file in Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(Data, Path.GetRelativePath(data, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    internal CurrentModel? Current => CurrentModel.Read(Folder);

    internal IReadOnlyList<DeviceState> ReportedStates =>
        [.. Service.Reports.Select(report => report.Deployment?.State).OfType<DeviceState>()];

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        ReleaseKey.Dispose();
        DirectorKey.Dispose();
        Metadata.Dispose();
        _folder.Dispose();
    }
}

/// <summary>One variant of a release under test.</summary>
internal sealed record Variant(string Name, params (string Path, byte[] Content)[] Files)
{
    internal long RamBytes { get; init; } = 1 << 20;

    internal IReadOnlyList<string> FailedClasses { get; init; } = [];

    internal VariantFigures Figures { get; init; } = new(10, 0.005, null, null, null, 100, null, null);
}
