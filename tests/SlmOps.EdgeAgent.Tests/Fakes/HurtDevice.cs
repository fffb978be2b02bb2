using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Run;

namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>A device that ran well, and copies of its data folder to be damaged one by one.</summary>
internal sealed class HurtDevice : IAsyncDisposable
{
    private readonly Bench _bench;
    private readonly string _sound;
    private readonly Dictionary<string, (string Path, byte[] Content)[]> _releases;
    private int _copies;

    private HurtDevice(Bench bench, Dictionary<string, (string Path, byte[] Content)[]> releases)
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

    /// <summary>A device with a model in one slot, or in both.</summary>
    internal static async Task<HurtDevice> StartAsync(bool both, bool online)
    {
        var bench = await Bench.StartAsync();
        var releases = new Dictionary<string, (string, byte[])[]>();
        foreach (var version in both ? new[] { "1", "2" } : ["1"])
        {
            (string, byte[])[] files = [("model.onnx", Models.Good), ("config.json", [(byte)'{', (byte)version[0], (byte)'}']), ("weights/w.bin", Models.Random(5000, version[0]))];
            releases[version] = files;
            await bench.PublishAsync(await bench.ReleaseAsync(version, files));
            await bench.RunAsync();
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
    internal async Task<Outcome> HurtAsync(string file, Damage damage, int seed, bool inPlace, Func<Bench, AgentParts>? parts = null)
    {
        _bench.Fork(_sound, $"copy-{_copies++}", Damages.CopyFolder);
        var changed = Damages.Apply(damage, Path.Combine(_bench.Data, file), new Random(seed), inPlace);
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

        var folder = Path.Combine(_bench.Data, current.Folder);
        var expected = _releases[current.Version];
        return Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Count() == expected.Length + 1
            && expected.All(file => File.ReadAllBytes(Path.Combine(folder, file.Path)).SequenceEqual(file.Content))
                ? Outcome.Right
                : Outcome.Wrong;
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();
}

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
