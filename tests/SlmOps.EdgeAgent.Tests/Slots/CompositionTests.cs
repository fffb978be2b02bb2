using System.Text;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Slots;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.EdgeAgent.Tests.Slots;

/// <summary>Adaptations from the channel document to the slot, on a whole agent.</summary>
public sealed class CompositionTests : IAsyncLifetime
{
    private static readonly (string Path, byte[] Content)[] Base =
        [("model.onnx", Models.Good), ("generation_config.json", Text("""{"max_new_tokens":64,"top_k":5}"""))];

    private static readonly (string, byte[]) Adapter = ("adapters/site.onnx_adapter", Text("an adapter"));
    private static readonly (string, byte[]) Patch = ("generation_config.json", Text("""{"temperature":0.7,"top_k":null}"""));

    private Bench _bench = null!;

    public async ValueTask InitializeAsync() => _bench = await Bench.StartAsync();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task Run_LabelsMatch_LaysAdapterAndPatchOverTheVariantAndSaysSo()
    {
        var release = await _bench.ReleaseAsync("1", Base);
        var adaptation = await _bench.AdaptAsync(release, "1", [Adapter, Patch]);
        await _bench.PublishAsync(release, [adaptation]);

        var state = await _bench.RunAsync();

        Assert.Equal("""{"max_new_tokens":64,"temperature":0.7}""", File.ReadAllText(InSlot(state, "generation_config.json")));
        Assert.Equal("an adapter", File.ReadAllText(InSlot(state, "adapters/site.onnx_adapter")));
        Assert.Equal(["adapters/site.onnx_adapter"], SlotDescription.Read(InSlot(state, ""))!.Adapters);
        Assert.Equal(adaptation.Composition(), _bench.Current!.Composition);
        var last = _bench.Service.Reports.Last();
        Assert.Equal((DeviceState.Committed, adaptation.Composition()), (last.Deployment!.State, last.Deployment.Composition));
        Assert.Equal(
            new CompositionStatus(await _bench.ManifestAsync(release), adaptation.Composition(), "site", "1", LocalLayerStates.None),
            last.Composition);
    }

    [Fact]
    public async Task Run_LabelsDoNotMatch_RunsThePlainVariant()
    {
        var release = await _bench.ReleaseAsync("1", Base);
        await _bench.PublishAsync(release, [await _bench.AdaptAsync(release, "1", [Adapter], Adaptations.Elsewhere)]);

        var state = await _bench.RunAsync();

        Assert.Null(state.ActiveContent!.Adaptation);
        Assert.False(Directory.Exists(InSlot(state, "adapters")));
        Assert.True(_bench.Service.Reports.Last().Composition!.Composition.IsEmpty);
    }

    [Fact]
    public async Task Run_MadeForAnotherBase_RunsThePlainVariant()
    {
        var one = await _bench.ReleaseAsync("1", Base);
        var two = await _bench.ReleaseAsync("2", Base);
        await _bench.PublishAsync(two, [await _bench.AdaptAsync(one, "1", [Adapter])]);

        var state = await _bench.RunAsync();

        Assert.Equal(two.Digest, state.ActiveContent!.Release.Digest);
        Assert.Null(state.ActiveContent.Adaptation);
    }

    [Fact]
    public async Task Run_AdaptationComesLater_FetchesNothingOfTheVariantAgain()
    {
        var release = await _bench.ReleaseAsync("1", [.. Base, ("weights.bin", Models.Random(300_000, 7))]);
        await _bench.PublishAsync(release, []);
        await _bench.RunAsync();
        _bench.Service.Requests.Clear();
        var adaptation = await _bench.AdaptAsync(release, "1", [Adapter, Patch]);
        await _bench.PublishAsync(release, [adaptation]);

        var state = await _bench.RunAsync();

        Assert.Equal(adaptation.Composition(), state.ActiveContent!.Adaptation!.Composition);
        var fetched = _bench
            .Service.Requests.Select(request => request.Path)
            .Where(path => path.StartsWith("/storage/", StringComparison.Ordinal))
            .ToHashSet();
        Assert.Equal(3, fetched.Count);
        Assert.Contains($"/storage/{Assert.Single(adaptation.Compositions).Envelope}", fetched);
    }

    [Fact]
    public async Task Run_AdaptationWithdrawn_GoesBackToThePlainVariantWithoutADownload()
    {
        var release = await _bench.ReleaseAsync("1", Base);
        await _bench.PublishAsync(release, [await _bench.AdaptAsync(release, "1", [Adapter])]);
        await _bench.RunAsync();
        _bench.Service.Requests.Clear();
        await _bench.PublishAsync(release, []);

        var state = await _bench.RunAsync();

        Assert.Null(state.ActiveContent!.Adaptation);
        Assert.True(_bench.Current!.Composition.IsEmpty);
        Assert.DoesNotContain(_bench.Service.Requests, request => request.Path.StartsWith("/storage/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_CompositionFailsItsSmokeTest_IsCondemnedAloneAndTheVariantRuns()
    {
        var release = await _bench.ReleaseAsync("1", Base);
        var adaptation = await _bench.AdaptAsync(release, "1", [Adapter, ("adapters/fails-smoke", Text("x"))]);
        await _bench.PublishAsync(release, [adaptation]);

        var state = await _bench.RunAsync();

        Assert.Null(state.ActiveContent!.Adaptation);
        Assert.Equal(adaptation.Composition(), Assert.Single(state.CondemnedCompositions).Composition);
        Assert.Empty(state.Condemned);
        var failed = Assert.Single(_bench.Service.Reports, report => report.Deployment?.State == DeviceState.FailedNoStateChange);
        Assert.Equal((adaptation.Composition(), "smoke-disagrees"), (failed.Deployment!.Composition, failed.Deployment.ReasonCode));

        // Over a restart too, and without another try.
        Assert.Equal(1, _bench.ReportedStates.Count(seen => seen == DeviceState.FailedNoStateChange));
        await _bench.RunAsync();
        Assert.Equal(1, _bench.ReportedStates.Count(seen => seen == DeviceState.FailedNoStateChange));
    }

    [Fact]
    public async Task Run_AdaptationFailsOverWhatRuns_LeavesNothingOfItBehind()
    {
        var release = await _bench.ReleaseAsync("1", Base);
        await _bench.PublishAsync(release, []);
        await _bench.RunAsync();
        var before = Stored();
        await _bench.PublishAsync(release, [await _bench.AdaptAsync(release, "1", [Adapter, ("adapters/fails-smoke", Text("x"))])]);

        var state = await _bench.RunAsync();

        Assert.Null(state.ActiveContent!.Adaptation);
        Assert.Equal(before, Stored());
        Assert.Single(Directory.GetDirectories(_bench.Folder.Slots));

        IEnumerable<string> Stored() =>
            Directory.GetFiles(_bench.Folder.Store, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Run_NewVersionFailsItsSoak_TheCompositionBeforeIsInChargeAgain()
    {
        var release = await _bench.ReleaseAsync("1", Base);
        var first = await _bench.AdaptAsync(release, "1", [Adapter]);
        await _bench.PublishAsync(release, [first]);
        await _bench.RunAsync();
        var second = await _bench.AdaptAsync(
            release,
            "2",
            [("adapters/other.onnx_adapter", Text("b")), ("adapters/fails-soak", Text("x"))],
            soakSeconds: 60);
        await _bench.PublishAsync(release, [second, first]);
        var soaking = await _bench.RunAsync();
        Assert.Equal(second.Composition(), soaking.ActiveContent!.Adaptation!.Composition);

        _bench.Clock.Advance(TimeSpan.FromSeconds(61));
        var state = await _bench.RunAsync();

        Assert.Equal(first.Composition(), state.ActiveContent!.Adaptation!.Composition);
        Assert.Equal(first.Composition(), _bench.Current!.Composition);
        Assert.True(File.Exists(InSlot(state, "adapters/site.onnx_adapter")));
        Assert.Equal(DeviceState.FailedRollbackComplete, state.Deployment!.State);
        Assert.Equal(second.Composition(), Assert.Single(state.CondemnedCompositions).Composition);
    }

    [Fact]
    public async Task Run_ReleaseWithdrawn_TheWayBackRestoresItsComposition()
    {
        var one = await _bench.ReleaseAsync("1", Base);
        var two = await _bench.ReleaseAsync("2", [.. Base, ("more", Text("m"))]);
        var first = await _bench.AdaptAsync(one, "1", [Adapter]);
        var second = await _bench.AdaptAsync(two, "2", [Adapter, Patch]);
        await _bench.PublishAsync(one, [first]);
        await _bench.RunAsync();
        await _bench.PublishAsync(two, [second, first]);
        var moved = await _bench.RunAsync();
        Assert.Equal(second.Composition(), moved.ActiveContent!.Adaptation!.Composition);

        await _bench.PublishAsync(one, [second, first], null, two.Digest);
        var state = await _bench.RunAsync();

        Assert.Equal((one.Digest, first.Composition()), (state.ActiveContent!.Release.Digest, state.ActiveContent.Adaptation!.Composition));
        Assert.Equal(first.Composition(), _bench.Current!.Composition);
        Assert.Empty(state.CondemnedCompositions);
    }

    public static TheoryData<string, string> Hostile => new()
    {
        { "signed by another key", "composition-bad-signature" },
        { "another composition than the channel names", "composition-other" },
        { "made for another base", "composition-other-base" },
        { "a patch of a forbidden key", "composition-key-not-allowed" },
        { "a patch of a file that is not there", "composition-missing-file" },
        { "an adapter in the place of a file", "composition-path-conflict" },
        { "an adapter outside its folder", "composition-malformed" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Run_HostileComposition_IsCondemnedAndTheVariantRuns(string what, string code)
    {
        var release = await _bench.ReleaseAsync("1", [.. Base, ("adapters/taken.onnx_adapter", Text("of the base"))]);
        using var stranger = LocalSigningKey.CreateInMemory();
        var blob = await _bench.Service.Store.AddAsync(Text("x"), CancellationToken.None);
        var adaptation = what switch
        {
            "signed by another key" => await _bench.AdaptAsync(release, "1", [Adapter], key: stranger),
            "another composition than the channel names" => await _bench.AdaptAsync(release, "1", [Adapter], named: Digest.Of("another"u8)),
            "made for another base" => await OfAnotherBaseAsync(release),
            "a patch of a forbidden key" => await _bench.AdaptAsync(
                release,
                "1",
                [("generation_config.json", Text("""{"model":{"filename":"/etc/passwd"}}"""))]),
            "a patch of a file that is not there" => await _bench.AdaptAsync(release, "1", [("missing.json", Text("{}"))]),
            "an adapter in the place of a file" => await _bench.AdaptAsync(release, "1", [("adapters/taken.onnx_adapter", Text("y"))]),
            _ => await _bench.AdaptAsync(release, "1", [], instead: [new CompositionLayer.Adapter("model.onnx", blob)]),
        };
        await _bench.PublishAsync(release, [adaptation]);

        var state = await _bench.RunAsync();

        Assert.Equal(code, Assert.Single(state.CondemnedCompositions).Code);
        Assert.Equal(release.Digest, state.ActiveContent!.Release.Digest);
        Assert.Null(state.ActiveContent.Adaptation);
        Assert.Equal("""{"max_new_tokens":64,"top_k":5}""", File.ReadAllText(InSlot(state, "generation_config.json")));
    }

    [Fact]
    public async Task Run_AdapterIsGoneAtTheService_TheVariantRunsAfterThreeTries()
    {
        var release = await _bench.ReleaseAsync("1", Base);
        var lost = new BlobRef(Digest.Of("never stored"u8), 12);
        var adaptation = await _bench.AdaptAsync(
            release,
            "1",
            [],
            instead: [new CompositionLayer.Adapter("adapters/lost.onnx_adapter", lost)]);
        await _bench.PublishAsync(release, [adaptation]);

        var state = await _bench.RunAsync();

        Assert.Equal(3, _bench.ReportedStates.Count(seen => seen == DeviceState.FailedNoStateChange));
        Assert.Equal("composition-unavailable", Assert.Single(state.CondemnedCompositions).Code);
        Assert.Equal(release.Digest, state.ActiveContent!.Release.Digest);
    }

    [Theory]
    [InlineData(true, "FailedRollbackComplete")]
    [InlineData(false, "FailedUnableToRollback")] // nothing to go back to, so the composition before is installed afresh
    public async Task Run_SlotWasTamperedWith_IsGoneBackToOnlyWhenItCanBeMadeAgain(bool canBe, string expected)
    {
        var release = await _bench.ReleaseAsync("1", Base);
        var first = await _bench.AdaptAsync(release, "1", [Adapter, Patch]);
        await _bench.PublishAsync(release, [first]);
        var before = await _bench.RunAsync();
        var patched = InSlot(before, "generation_config.json");
        var second = await _bench.AdaptAsync(release, "2", [("adapters/fails-soak", Text("x"))], soakSeconds: 60);
        await _bench.PublishAsync(release, [second, first]);
        await _bench.RunAsync();
        File.Delete(patched);
        File.WriteAllText(patched, """{"max_new_tokens":64,"temperature":9.9}""");
        if (!canBe)
        {
            File.Delete(Path.Combine(_bench.Folder.Blobs, Digest.Of(Patch.Item2).Hex));
        }

        _bench.Clock.Advance(TimeSpan.FromSeconds(61));
        var state = await _bench.RunAsync();

        Assert.Contains(Enum.Parse<DeviceState>(expected), _bench.ReportedStates);
        Assert.Equal(first.Composition(), state.ActiveContent!.Adaptation!.Composition);
        Assert.Equal("""{"max_new_tokens":64,"temperature":0.7}""", File.ReadAllText(InSlot(state, "generation_config.json")));
    }

    private async Task<ChannelOverlay> OfAnotherBaseAsync(ReleaseRef release)
    {
        var other = await _bench.AdaptAsync(await _bench.ReleaseAsync("9", Base), "1", [Adapter]);
        return other with { Compositions = [Assert.Single(other.Compositions) with { Base = await _bench.ManifestAsync(release) }] };
    }

    private string InSlot(AgentState state, string path) => Path.Combine(_bench.Folder.SlotFolder(state.Active!.Value), path);

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
}
