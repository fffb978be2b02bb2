using System.Text;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;

namespace SlmOps.EdgeAgent.Tests.Slots;

/// <summary>The device's own layer: made, laid over what runs, waiting while another base does, never deleted by the agent.</summary>
public sealed class LocalLayerTests : IAsyncLifetime
{
    private static readonly (string Path, byte[] Content)[] Base = [("model.onnx", Models.Good)];

    private Bench _bench = null!;

    private LocalDesk Desk => new(_bench.Folder);

    public async ValueTask InitializeAsync() => _bench = await Bench.StartAsync();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Add_CompositionLeavesRoom_IsLaidOverWhatRuns()
    {
        var release = await RunningAsync();
        await AddAsync(("own.onnx_adapter", "mine"));

        var state = await _bench.RunAsync();

        Assert.Equal("mine", File.ReadAllText(InSlot(state, "adapters/local/own.onnx_adapter")));
        Assert.Equal(["adapters/local/own.onnx_adapter"], SlotDescription.Read(InSlot(state, ""))!.LocalAdapters);
        Assert.Equal(LocalLayerStates.Active, Reported);
        Assert.Equal("active", Listed.GetProperty("state").GetString());
        Assert.Equal((await _bench.ManifestAsync(release)).ToString(), Listed.GetProperty("base").GetString());
    }

    [Fact]
    public async Task Run_BaseChanges_DisablesTheLayerAndItReturnsWithTheBase()
    {
        var one = await RunningAsync();
        await AddAsync(("own.onnx_adapter", "mine"));
        await _bench.RunAsync();
        var two = await _bench.ReleaseAsync("2", [.. Base, ("more", "m"u8.ToArray())]);
        var first = await _bench.AdaptAsync(one, "1", [], local: true);
        var second = await _bench.AdaptAsync(two, "2", [], local: true);

        await _bench.PublishAsync(two, [second, first]);
        var moved = await _bench.RunAsync();

        Assert.Equal(two.Digest, moved.ActiveContent!.Release.Digest);
        Assert.False(Directory.Exists(InSlot(moved, "adapters/local")));
        Assert.Equal(LocalLayerStates.DisabledOtherBase, Reported);
        Assert.Equal("disabled-other-base", Listed.GetProperty("state").GetString());
        Assert.True(File.Exists(_bench.Folder.LocalLayer));
        Assert.Equal("mine", File.ReadAllText(Assert.Single(Directory.GetFiles(_bench.Folder.LocalFiles))));

        // A third release makes sure that the old slot is gone: the layer comes back from where it was kept.
        var three = await _bench.ReleaseAsync("3", [.. Base, ("other", "o"u8.ToArray())]);
        await _bench.PublishAsync(three, [second, first]);
        await _bench.RunAsync();
        await _bench.PublishAsync(one, [second, first]);
        var back = await _bench.RunAsync();

        Assert.Equal("mine", File.ReadAllText(InSlot(back, "adapters/local/own.onnx_adapter")));
        Assert.Equal(LocalLayerStates.Active, Reported);
    }

    [Fact]
    public async Task Add_CompositionLeavesNoRoom_ChangesNothing()
    {
        await RunningAsync(local: false);
        await AddAsync(("own.onnx_adapter", "mine"));

        var state = await _bench.RunAsync();

        Assert.False(Directory.Exists(InSlot(state, "adapters/local")));
        Assert.Equal(LocalLayerStates.DisabledNoRoom, Reported);
    }

    [Fact]
    public async Task Run_ModelFailsWithTheLayer_TheCompositionRunsWithoutIt()
    {
        await RunningAsync();
        await AddAsync(("fails-smoke", "x"));

        var state = await _bench.RunAsync();

        Assert.NotNull(state.ActiveContent!.Adaptation);
        Assert.False(Directory.Exists(InSlot(state, "adapters/local")));
        Assert.Equal(LocalLayerStates.DisabledFailed, Reported);
        Assert.Empty(state.Condemned);
        Assert.False(Assert.Single(state.CondemnedCompositions).Local.IsEmpty);
    }

    [Fact]
    public async Task Remove_ThatRan_GoesBackToTheComposition()
    {
        await RunningAsync();
        await AddAsync(("own.onnx_adapter", "mine"));
        await _bench.RunAsync();
        Desk.Remove();

        var state = await _bench.RunAsync();

        Assert.NotNull(state.ActiveContent!.Adaptation);
        Assert.False(Directory.Exists(InSlot(state, "adapters/local")));
        Assert.Equal(LocalLayerStates.None, Reported);
        Assert.Empty(Directory.GetFiles(_bench.Folder.LocalFiles));
    }

    [Theory]
    [InlineData("signed by another key")]
    [InlineData("no layer at all")]
    [InlineData("key that others can read")]
    public async Task Run_LayerThatIsNotTheDevices_IsLeftOutAndKept(string what)
    {
        var release = await RunningAsync();
        await AddAsync(("own.onnx_adapter", "mine"));
        switch (what)
        {
            case "signed by another key":
                using (var stranger = LocalSigningKey.CreateInMemory())
                {
                    var file = new PackageFile("adapters/local/x", Digest.Of("mine"u8), 4);
                    File.WriteAllBytes(
                        _bench.Folder.LocalLayer,
                        await new LocalLayer(await _bench.ManifestAsync(release), [file]).SignAsync(stranger, CancellationToken.None));
                }

                break;
            case "no layer at all":
                File.WriteAllBytes(_bench.Folder.LocalLayer, Models.Random(2000, 5));
                break;
            default:
                Assert.SkipWhen(OperatingSystem.IsWindows(), "The mode of a file is Unix's.");
                ShowToOthers(_bench.Folder.DeviceKey);
                break;
        }

        var state = await _bench.RunAsync();

        Assert.NotNull(state.ActiveContent!.Adaptation);
        Assert.False(Directory.Exists(InSlot(state, "adapters/local")));
        Assert.Equal(LocalLayerStates.DisabledUntrusted, Reported);
        Assert.True(File.Exists(_bench.Folder.LocalLayer));
    }

    [Fact]
    public async Task Run_FileOfTheLayerIsDamaged_TheCompositionRunsWithoutIt()
    {
        await RunningAsync();
        await AddAsync(("own.onnx_adapter", "mine"));
        File.WriteAllText(Assert.Single(Directory.GetFiles(_bench.Folder.LocalFiles)), "eniM");

        var state = await _bench.RunAsync();

        Assert.False(Directory.Exists(InSlot(state, "adapters/local")));
        Assert.Equal("local-layer-damaged", Assert.Single(state.CondemnedCompositions).Code);
        Assert.Equal(LocalLayerStates.DisabledFailed, Reported);
    }

    [Fact]
    public async Task Add_NothingRuns_SaysSo()
    {
        var failure = await Assert.ThrowsAsync<LocalLayerException>(() => AddAsync(("own.onnx_adapter", "mine")));

        Assert.Contains("runs no model yet", failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_bench.Folder.DeviceKey));
    }

    [Theory]
    [InlineData("missing", "There is no folder")]
    [InlineData("empty", "has no files")]
    [InlineData("link", "symbolic link")]
    [InlineData("many", "more than 64 files")]
    public async Task Add_FolderThatMakesNoLayer_IsRefusedAndTheLayerBeforeStays(string what, string message)
    {
        await RunningAsync();
        await AddAsync(("own.onnx_adapter", "mine"));
        var before = File.ReadAllBytes(_bench.Folder.LocalLayer);
        var source = _bench.Elsewhere("bad");
        if (what != "missing")
        {
            Directory.CreateDirectory(source);
        }

        switch (what)
        {
            case "link":
                File.CreateSymbolicLink(Path.Combine(source, "link"), "/etc/passwd");
                break;
            case "many":
                Enumerable.Range(0, 65).ToList().ForEach(number => File.WriteAllText(Path.Combine(source, $"{number}"), "x"));
                break;
        }

        var failure = await Assert.ThrowsAsync<LocalLayerException>(() => Desk.AddAsync(source, CancellationToken.None));

        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(_bench.Folder.LocalLayer));
        Assert.Equal("mine", File.ReadAllText(Assert.Single(Directory.GetFiles(_bench.Folder.LocalFiles))));
    }

    [Fact]
    public async Task Add_Again_TakesThePlaceOfTheLayerBeforeAndKeepsTheKey()
    {
        await RunningAsync();
        await AddAsync(("own.onnx_adapter", "mine"));
        var key = File.ReadAllText(_bench.Folder.DeviceKey);
        await _bench.RunAsync();
        await AddAsync(("other.onnx_adapter", "newer"));

        var state = await _bench.RunAsync();

        Assert.Equal("newer", File.ReadAllText(Assert.Single(Directory.GetFiles(InSlot(state, "adapters/local")))));
        Assert.Equal(key, File.ReadAllText(_bench.Folder.DeviceKey));
        Assert.True(
            OperatingSystem.IsWindows() || File.GetUnixFileMode(_bench.Folder.DeviceKey) == (UnixFileMode.UserRead | UnixFileMode.UserWrite)
        );
    }

    private string Reported => _bench.Service.Reports.Last().Composition!.LocalLayer;

    private JsonElement Listed => JsonDocument.Parse(Desk.List()).RootElement;

    /// <summary>A device that runs a release with an adaptation over it.</summary>
    private async Task<ReleaseRef> RunningAsync(bool local = true)
    {
        var release = await _bench.ReleaseAsync("1", Base);
        var adaptation = await _bench.AdaptAsync(
            release,
            "1",
            local ? [] : [("adapters/site.onnx_adapter", "a"u8.ToArray())],
            local: local);
        await _bench.PublishAsync(release, [adaptation]);
        Assert.NotNull((await _bench.RunAsync()).ActiveContent!.Adaptation);
        return release;
    }

    private async Task AddAsync(params (string Path, string Content)[] files)
    {
        var source = _bench.Elsewhere(Path.GetRandomFileName());
        Directory.CreateDirectory(source);
        foreach (var (path, content) in files)
        {
            File.WriteAllText(Path.Combine(source, path), content, new UTF8Encoding(false));
        }

        await Desk.AddAsync(source, CancellationToken.None);
    }

    private static void ShowToOthers(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        }
    }

    private string InSlot(AgentState state, string path) => Path.Combine(_bench.Folder.SlotFolder(state.Active!.Value), path);
}
