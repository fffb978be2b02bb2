using System.Text;
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
    private readonly Dictionary<string, Dictionary<string, byte[]>> _releases;
    private int _copies;

    private HurtDevice(Bench bench, Dictionary<string, Dictionary<string, byte[]>> releases)
    {
        (_bench, _sound, _releases) = (bench, bench.Data, releases);
        Files =
        [
            .. Directory.EnumerateFiles(_sound, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_sound, path))
                .Concat(["state.json.tmp", "current.json.tmp", "freshness.json.tmp", "outbox.jsonl.tmp", "slots/a.json.tmp"])
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Every file of the folder, and names that only a power cut leaves.</summary>
    internal IReadOnlyList<string> Files { get; }

    internal Bench Bench => _bench;

    internal static async Task<HurtDevice> StartAsync(Shape shape, bool online)
    {
        var bench = await Bench.StartAsync();
        var releases = new Dictionary<string, Dictionary<string, byte[]>>();
        foreach (var version in shape == Shape.BothSlots ? new[] { "1", "2" } : ["1"])
        {
            var release = await bench.ReleaseAsync(
                version,
                ("model.onnx", Models.Good),
                ("config.json", [(byte)'{', (byte)'"', (byte)version[0], .. "\":1}"u8]),
                ("weights/w.bin", Models.Random(1_100_000, version[0])));
            await bench.PublishAsync(release);
            var state = await bench.RunAsync();
            if (shape == Shape.Adapted)
            {
                // The way back is the same release without the adaptation.
                releases[Plain(version)] = FilesOf(bench.Folder.SlotFolder(state.Active!.Value));
                var adaptation = await bench.AdaptAsync(
                    release,
                    "1",
                    [("adapters/site.onnx_adapter", "a"u8.ToArray()), ("config.json", """{"temperature":0.5}"""u8.ToArray())],
                    local: true);
                await bench.PublishAsync(release, [adaptation]);
                Directory.CreateDirectory(bench.Elsewhere("own"));
                await File.WriteAllTextAsync(Path.Combine(bench.Elsewhere("own"), "own.onnx_adapter"), "mine", new UTF8Encoding(false));
                await new LocalDesk(bench.Folder).AddAsync(bench.Elsewhere("own"), CancellationToken.None);
                state = await bench.RunAsync();
                Assert.False(state.ActiveContent!.Adaptation!.Local.IsEmpty);
            }

            releases[version] = FilesOf(bench.Folder.SlotFolder(state.Active!.Value));
        }

        using (DataFolderLock.TryTake(bench.Folder, new(1, "d-1", Bench.Start), out _))
        {
            AgentHost.KeptDeviceId(bench.Folder, bench.Log);
        }

        if (!online)
        {
            await bench.Service.DisposeAsync();
        }

        return new(bench, releases);
    }

    /// <summary>Damages one file of a fresh copy, starts an agent on it, and says what it serves after at most so many looks.</summary>
    internal Task<Outcome> HurtAsync(string file, Damage damage, int seed, bool inPlace, Func<Bench, AgentParts>? parts = null) =>
        HurtAsync([new(file, damage, seed, inPlace)], parts);

    /// <summary>The same with several files, one after the other.</summary>
    internal async Task<Outcome> HurtAsync(IReadOnlyList<Hurt> hurts, Func<Bench, AgentParts>? parts = null)
    {
        _bench.Fork(_sound, $"copy-{_copies++}", Damages.CopyFolder);
        var changed = false;
        foreach (var hurt in hurts.DistinctBy(hurt => hurt.File))
        {
            changed |= Damages.Apply(hurt.Damage, Path.Combine(_bench.Data, hurt.File), new Random(hurt.Seed), hurt.InPlace);
        }

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
            FilesOf(Path.Combine(_bench.Data, current.Folder)));
        if (current.LocalLayer.IsEmpty)
        {
            // A layer that nobody can vouch for any more is left out; what runs without it is still what was signed.
            (expected, found) = (WithoutLayer(expected), WithoutLayer(found));
        }

        return
            expected.Count == found.Count
            && expected.All(file => found.TryGetValue(file.Key, out var bytes) && bytes.SequenceEqual(file.Value))
            ? Outcome.Right
            : Outcome.Wrong;
    }

    private static string Plain(string version) => version + " without its adaptation";

    private static Dictionary<string, byte[]> WithoutLayer(Dictionary<string, byte[]> files) => files
        .Where(file => file.Key != SlotDescription.FileName && !file.Key.StartsWith("adapters/local/", StringComparison.Ordinal))
        .ToDictionary();

    private static Dictionary<string, byte[]> FilesOf(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(path => Path.GetRelativePath(folder, path), File.ReadAllBytes);

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
