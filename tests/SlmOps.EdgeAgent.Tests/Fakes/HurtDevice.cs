using System.Text;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Run;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>What a device runs before it is hurt.</summary>
internal enum Shape
{
    OneSlot,
    BothSlots,

    /// <summary>One slot, with an adaptation and a layer of the device's own over the model.</summary>
    Adapted,
}

/// <summary>A device that ran well, and copies of its data folder to be damaged one by one.</summary>
internal sealed class HurtDevice : IAsyncDisposable
{
    private readonly Bench _bench;
    private readonly string _sound;
    private readonly Dictionary<string, Dictionary<string, string>> _releases;
    private readonly FolderCopy _copy;
    private readonly Remains _remains;
    private int _copies;

    private HurtDevice(Bench bench, Dictionary<string, Dictionary<string, string>> releases, AgentState state)
    {
        (_bench, _sound, _releases, _copy) = (bench, bench.Data, releases, new(bench.Data));
        State = state;
        _remains = new(_sound, state, [Digest.Of(Plainly("1")), Digest.Of(Patch)]);

        // Names that are digests of what was signed differ from run to run; by size and place a seed leads to the same files.
        Files =
        [
            .. Directory.EnumerateFiles(_sound, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_sound, path))
                .OrderBy(path => Path.GetDirectoryName(path), StringComparer.Ordinal)
                .ThenBy(path => RoleOf(Path.GetFileName(path), state), StringComparer.Ordinal),
            "state.json.tmp", "current.json.tmp", "freshness.json.tmp", "outbox.jsonl.tmp", "slots/a.json.tmp",
        ];
    }

    /// <summary>Every file of the folder, and names that only a power cut leaves.</summary>
    internal IReadOnlyList<string> Files { get; }

    internal Bench Bench => _bench;

    /// <summary>What the sound folder's journal says.</summary>
    internal AgentState State { get; }

    internal static async Task<HurtDevice> StartAsync(Shape shape, bool online)
    {
        var bench = await Bench.StartAsync();
        var releases = new Dictionary<string, Dictionary<string, string>>();
        AgentState state = null!;
        foreach (var version in shape == Shape.BothSlots ? new[] { "1", "2" } : ["1"])
        {
            var release = await bench.ReleaseAsync(
                version,
                ("model.onnx", Models.Good),
                ("config.json", Plainly(version)),
                ("weights/w.bin", Models.Random(1_100_000, version[0])));
            await bench.PublishAsync(release);
            state = await bench.RunAsync();
            if (shape == Shape.Adapted)
            {
                // The way back is the same release without the adaptation.
                releases[Plain(version)] = FilesIn(bench.Folder.SlotFolder(state.Active!.Value));
                var adaptation = await bench.AdaptAsync(
                    release,
                    "1",
                    [("adapters/site.onnx_adapter", "a"u8.ToArray()), ("config.json", Patch)],
                    local: true);
                await bench.PublishAsync(release, [adaptation]);
                Directory.CreateDirectory(bench.Elsewhere("own"));
                await File.WriteAllTextAsync(Path.Combine(bench.Elsewhere("own"), "own.onnx_adapter"), "mine", new UTF8Encoding(false));
                await new LocalDesk(bench.Folder).AddAsync(bench.Elsewhere("own"), CancellationToken.None);
                state = await bench.RunAsync();
                Assert.False(state.ActiveContent!.Adaptation!.Local.IsEmpty);
            }

            releases[version] = FilesIn(bench.Folder.SlotFolder(state.Active!.Value));
        }

        using (DataFolderLock.TryTake(bench.Folder, new(1, "d-1", Bench.Start), out _))
        {
            AgentHost.KeptDeviceId(bench.Folder, bench.Log);
        }

        if (!online)
        {
            await bench.Service.DisposeAsync();
        }

        return new(bench, releases, state);
    }

    /// <summary>Damages one file of a fresh copy, starts an agent on it, and says what it serves after at most so many looks.</summary>
    internal Task<Outcome> HurtAsync(string file, Damage damage, int seed, bool inPlace, Func<Bench, AgentParts>? parts = null) =>
        HurtAsync([new(file, damage, seed, inPlace)], parts);

    /// <summary>Why nothing right was left after the last damage, which without a service is final; null when something was.</summary>
    internal string? WhyNothing { get; private set; }

    /// <summary>The same with several files, one after the other.</summary>
    internal async Task<Outcome> HurtAsync(IReadOnlyList<Hurt> hurts, Func<Bench, AgentParts>? parts = null)
    {
        _bench.Fork(_sound, $"copy-{_copies++}", (_, to) => _copy.To(to));
        var changed = false;
        foreach (var hurt in hurts.DistinctBy(hurt => hurt.File))
        {
            changed |= Damages.Apply(hurt.Damage, Path.Combine(_bench.Data, hurt.File), new Random(hurt.Seed), hurt.InPlace);
        }

        WhyNothing = _remains.WhyNothing(_bench.Data);
        try
        {
            return changed ? await RunAsync(parts) : Outcome.Right;
        }
        finally
        {
            Directory.Delete(_bench.Data, recursive: true);
        }
    }

    private async Task<Outcome> RunAsync(Func<Bench, AgentParts>? parts)
    {
        using var held = DataFolderLock.TryTake(_bench.Folder, new(2, "d-1", Bench.Start), out _);
        Assert.NotNull(held);
        Assert.Equal("d-1", AgentHost.KeptDeviceId(_bench.Folder, _bench.Log));
        using var agent = parts?.Invoke(_bench) ?? _bench.NewParts();
        var loop = _bench.NewLoop(agent);
        loop.Recover();
        var outcome = Outcome.Nothing;
        for (var look = 0; look < 3 && outcome != Outcome.Right; look++)
        {
            await loop.CycleAsync(TestContext.Current.CancellationToken);
            outcome = Served();
        }

        return outcome;
    }

    /// <summary>Compares what current.json names with the release as it was made.</summary>
    private Outcome Served()
    {
        if (_bench.Current is not { } current)
        {
            return Outcome.Nothing;
        }

        var plain = current.Composition.IsEmpty && _releases.ContainsKey(Plain(current.Version));
        var (expected, found) = (
            _releases[plain ? Plain(current.Version) : current.Version.ToString()],
            FilesIn(Path.Combine(_bench.Data, current.Folder)));
        if (current.LocalLayer.IsEmpty)
        {
            // A layer that nobody can vouch for any more is left out; what runs without it is still what was signed.
            (expected, found) = (WithoutLayer(expected), WithoutLayer(found));
        }

        return
            expected.Count == found.Count
            && expected.All(file => found.TryGetValue(file.Key, out var path) && FileBytes.Same(path, file.Value))
            ? Outcome.Right
            : Outcome.Wrong;
    }

    private static string Plain(string version) => version + " without its adaptation";

    /// <summary>What a blob is, where its digest comes from a key that is another one each time.</summary>
    private static string RoleOf(string name, AgentState state)
    {
        foreach (var content in new[] { state.A, state.B }.OfType<SlotContent>())
        {
            Digest[] signed = [content.Release.Signature, content.Adaptation?.Envelope ?? default, content.Adaptation?.Local ?? default];
            if (Array.FindIndex(signed, digest => !digest.IsEmpty && digest.Hex == name) is >= 0 and var role)
            {
                return $"{content.Release.Version} {role}";
            }
        }

        return name;
    }

    private static byte[] Patch => """{"temperature":0.5}"""u8.ToArray();

    private static byte[] Plainly(string version) => [(byte)'{', (byte)'"', (byte)version[0], .. "\":1}"u8];

    private static Dictionary<string, string> WithoutLayer(Dictionary<string, string> files) => files
        .Where(file => file.Key != SlotDescription.FileName && !file.Key.StartsWith("adapters/local/", StringComparison.Ordinal))
        .ToDictionary();

    private static Dictionary<string, string> FilesIn(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(path => Path.GetRelativePath(folder, path));

    public ValueTask DisposeAsync() => _bench.DisposeAsync();
}

/// <summary>A damage to one file of a data folder.</summary>
internal sealed record Hurt(string File, Damage Damage, int Seed, bool InPlace);

/// <summary>What a device serves.</summary>
internal enum Outcome
{
    /// <summary>A model that is what was signed, to the last byte.</summary>
    Right,

    /// <summary>None.</summary>
    Nothing,

    /// <summary>Something else.</summary>
    Wrong,
}
