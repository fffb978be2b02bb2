using System.Text.Json;
using SlmOps.Cli.Agent;
using SlmOps.Cli.Demo;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Inference;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Api;
using SlmOps.Pipeline.Collect;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.EndToEnd.Tests;

/// <summary>An adaptation in, the devices that it is for running it.</summary>
public sealed class AdaptationTests(SharedPlatform shared)
{
    private const string Config = "generation_config.json";
    private readonly Platform _platform = shared.Platform;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Adaptation_TwoAgents_TheLabelDecidesWhichRunsIt()
    {
        var basis = Base("adapted", 901);
        using var folder = new Folder();
        await using var fleet = new DemoFleet();
        fleet.Start(_platform.Connection, basis.Model, [Profile("adapted-lab", "lab"), Profile("adapted-plain", "field")], folder.Path);
        await DevicesAsync(basis.Model, fleet => fleet.Count == 2);
        await _platform.UploadAsync(basis);
        var released = await _platform.UntilAsync(basis, RunState.Finished);

        // No version: what the channel runs as stable.
        var adaptation = Adaptation(
            "adapted-site",
            """{ "model": "adapted", "selector": { "site": "lab" }, "localLayer": true, "soakSeconds": 0 }""",
            ("adapters/site.onnx_adapter", OnnxModels.Adapter(7)),
            ($"{Config}.patch", Upload.Text("""{"temperature":0.7,"top_k":null}""")));
        await _platform.UploadAsync(adaptation);
        var published = await UntilPublishedAsync(adaptation);
        var devices = await DevicesAsync(basis.Model, fleet => Lab(fleet).Composition is { Composition.IsEmpty: false });

        Assert.Equal(released.Variants.Select(variant => variant.Name).Order(), published.Adaptation!.Compositions.Keys.Order());
        Assert.Equal<(ModelName, ModelVersion)>(("adapted", "1"), (published.Adaptation.Model, published.Adaptation.Version));
        var lab = Lab(devices);
        var variant = Assert.Single(released.Variants, variant => variant.Name == lab.Variant);
        Assert.Equal(
            new CompositionStatus(
                variant.Digest,
                published.Adaptation.Compositions[variant.Name],
                "adapted-site",
                "1",
                LocalLayerStates.None),
            lab.Composition);
        Assert.True(devices.Single(device => device.Id == "adapted-plain").Composition!.Composition.IsEmpty);
        await SlotAsync(Path.Combine(folder.Path, "adapted-lab"), lab.Composition!.Composition);
        await PackagesAsync(basis.Model, published);
        var fact = Assert.Single(await _platform.EventsAsync(EventTypes.AdaptationReleased, $"models/{adaptation.Folder}"));
        Assert.Equal(
            published.Adaptation.Compositions[variant.Name].ToString(),
            fact.GetProperty("data").GetProperty("compositions").GetProperty(variant.Name).GetString());

        var result = await _platform.Client.WithdrawAdaptationAsync(basis.Model, "adapted-site", null, Cancelled);
        Assert.True(result.Done, result.Message);
        await DevicesAsync(basis.Model, fleet => Lab(fleet).Composition is { Composition.IsEmpty: true });
        Assert.Equal(RunState.Withdrawn, (await _platform.Client.ModelAsync(adaptation.Model, adaptation.Version, Cancelled))!.State);
        Assert.Equal(RunState.Finished, (await _platform.Client.ModelAsync(basis.Model, basis.Version, Cancelled))!.State);
    }

    public static TheoryData<string, string, string> Bad => new()
    {
        { "unknown model", "intake", "base-unknown" },
        { "unknown version", "intake", "base-unknown" },
        { "no stable", "intake", "base-unknown" },
        { "bad key in adapts", "intake", "manifest-invalid" },
        { "forbidden key in a patch", "intake", "patch-invalid" },
        { "patch that is no JSON", "intake", "patch-invalid" },
        { "adapter outside adapters/", "intake", "adapter-misplaced" },
        { "adapter in the device's place", "intake", "adapter-misplaced" },
        { "adapter that is none", "intake", "adapter-invalid" },
        { "a graph", "intake", "file-unexpected" },
        { "nothing", "intake", "adaptation-empty" },
        { "patch of a missing file", "adapt", "patch-target-missing" },
        { "adapter of another model", "adapt", "adapter-does-not-fit" },
        { "adapter cut short", "adapt", "adapter-does-not-fit" },
        { "adapter of zeros", "adapt", "adapter-without-effect" },
        { "adapter that is not a number", "adapt", "adapter-not-finite" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Adaptation_Bad_IsRejectedWithItsReason(string what, string stage, string code)
    {
        await BaseIsReleasedAsync();
        var adaptation = Make(what).Named($"bad-{code}-{what.Length}-{stage}", "1");

        await _platform.UploadAsync(adaptation);
        var rejection = await _platform.RejectionAsync($"models/{adaptation.Start}");

        Assert.Equal(stage, rejection.Stage);
        Assert.Equal([code], rejection.Problems.Select(problem => problem.Code).Distinct());
        Assert.All(rejection.Problems, problem => Assert.True(problem.Message.Length > 10 && problem.Cure.Length > 5, $"{problem}"));
        Assert.All(rejection.Problems, problem => Assert.DoesNotContain(Path.GetTempPath(), problem.Message, StringComparison.Ordinal));
        Assert.Equal(RunState.Rejected, (await _platform.Client.ModelAsync(adaptation.Model, adaptation.Version, Cancelled))!.State);
        Assert.DoesNotContain(
            await _platform.Client.ChannelsAsync(Cancelled),
            channel => channel.Adaptations.Any(overlay => overlay.Name == adaptation.Model));
    }

    [Fact]
    public async Task Withdraw_NothingOfThatName_SaysSo()
    {
        await BaseIsReleasedAsync();

        var failure = await Assert.ThrowsAsync<Cli.CliException>(() =>
            _platform.Client.WithdrawAdaptationAsync("refusing", "no-such", null, Cancelled));

        Assert.Contains("409", failure.Message, StringComparison.Ordinal);
    }

    private static Upload Make(string what)
    {
        const string Right = """{ "model": "refusing", "version": "1" }""";
        var adapter = ("adapters/a.onnx_adapter", OnnxModels.Adapter(7));
        return what switch
        {
            "unknown model" => Adaptation("x", """{ "model": "nobody", "version": "1" }""", adapter),
            "unknown version" => Adaptation("x", """{ "model": "refusing", "version": "9" }""", adapter),
            "no stable" => Adaptation("x", """{ "model": "refusing" }""", adapter),
            "bad key in adapts" => Adaptation("x", """{ "model": "refusing", "version": "1", "selektor": {} }""", adapter),
            "forbidden key in a patch" => Adaptation(
                "x",
                Right,
                ($"{Config}.patch", Upload.Text("""{"model":{"decoder":{"filename":"evil.onnx"}}}"""))),
            "patch that is no JSON" => Adaptation("x", Right, ($"{Config}.patch", Upload.Text("temperature = 1"))),
            "adapter outside adapters/" => Adaptation("x", Right, ("a.onnx_adapter", OnnxModels.Adapter(7))),
            "adapter in the device's place" => Adaptation("x", Right, ("adapters/local/a.onnx_adapter", OnnxModels.Adapter(7))),
            "adapter that is none" => Adaptation("x", Right, ("adapters/a.onnx_adapter", new byte[100])),
            "a graph" => Adaptation("x", Right, adapter, ("model.onnx", OnnxModels.Mlp(1).Bytes())),
            "nothing" => Adaptation("x", Right),
            "patch of a missing file" => Adaptation("x", Right, ("missing.json.patch", Upload.Text("""{"temperature":1}"""))),
            "adapter of another model" => Adaptation("x", Right, ("adapters/a.onnx_adapter", OnnxModels.Adapter(7, prefix: "stranger"))),
            "adapter cut short" => Adaptation("x", Right, ("adapters/a.onnx_adapter", OnnxModels.Adapter(7)[..90])),
            "adapter of zeros" => Adaptation("x", Right, ("adapters/a.onnx_adapter", OnnxModels.Adapter(7, scale: 0))),
            _ => Adaptation("x", Right, ("adapters/a.onnx_adapter", OnnxModels.Adapter(7, scale: double.NaN))),
        };
    }

    /// <summary>A model that is released, and that no device follows.</summary>
    private async Task BaseIsReleasedAsync()
    {
        var basis = Base("refusing", 902);
        if (await _platform.Client.ModelAsync(basis.Model, basis.Version, Cancelled) is null)
        {
            await _platform.UploadAsync(basis);
        }

        await _platform.UntilAsync(basis.Model, basis.Version, "released", status => !status.ReleaseDigest.IsEmpty);
    }

    private static Upload Base(string name, int seed) => Models.Decoder(name, "1", seed, "int8")
        .With("model.onnx", OnnxModels.Adaptable(seed).Bytes())
        .With(Config, Upload.Text("""{"max_new_tokens":64,"top_k":5}"""));

    private static Upload Adaptation(string name, string adapts, params (string Path, byte[] Bytes)[] files) =>
        Upload.Of(name, "1", [.. files, (Upload.Manifest, Upload.Text($$"""{ "adapts": {{adapts}} }"""))]);

    private static AgentProfile Profile(string id, string site) =>
        new(id, "1GiB", "size", "0.5", new Dictionary<string, string> { ["site"] = site });

    private static DeviceStatus Lab(IReadOnlyList<DeviceStatus> fleet) => fleet.Single(device => device.Id == "adapted-lab");

    private Task<RunStatus> UntilPublishedAsync(Upload adaptation) =>
        _platform.UntilAsync(adaptation.Model, adaptation.Version, "PUBLISHED", status => status.State == RunState.Published);

    private Task<IReadOnlyList<DeviceStatus>> DevicesAsync(string channel, Predicate<IReadOnlyList<DeviceStatus>> done) => Wait.ForAsync(
        "the devices",
        () => _platform.Client.DevicesAsync(channel, Cancelled),
        done,
        fleet => string.Join("; ", fleet.Select(device => $"{device.Id} {device.State} {device.Composition} {device.Reason}")));

    /// <summary>What the device runs is the variant with the patch in it and the adapter beside it, and that answers as its prompts say.</summary>
    private static async Task SlotAsync(string data, Digest composition)
    {
        var current = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(data, "current.json"), Cancelled)).RootElement;
        Assert.Equal(composition.ToString(), current.GetProperty("composition").GetString());
        var slot = Path.Combine(data, current.GetProperty("folder").GetString()!);
        Assert.Equal("""{"max_new_tokens":64,"temperature":0.7}""", await File.ReadAllTextAsync(Path.Combine(slot, Config), Cancelled));
        var smoke = JsonSerializer.Deserialize(
            await File.ReadAllBytesAsync(Path.Combine(slot, "adapters", "smoke.json"), Cancelled),
            ContractsJson.Default.SmokeTest)!;
        using var plain = LanguageModel.Open(Path.Combine(slot, "model.onnx"));
        using var adapted = LanguageModel.Open(
            Path.Combine(slot, "model.onnx"),
            new() { Adapters = [Path.Combine(slot, "adapters", "site.onnx_adapter")] }
        );
        Assert.All(
            smoke.Prompts,
            prompt => Assert.Equal(prompt.GreedyTokens, adapted.GenerateGreedy(prompt.PromptTokens!, smoke.MaxNewTokens, Cancelled)));
        Assert.Contains(
            smoke.Prompts,
            prompt => !prompt.GreedyTokens!.SequenceEqual(plain.GenerateGreedy(prompt.PromptTokens!, smoke.MaxNewTokens, Cancelled)));
    }

    /// <summary>What the channel names is signed by the release key and says what the status says.</summary>
    private async Task PackagesAsync(string channel, RunStatus published)
    {
        var key = TrustRoots.Load(_platform.Connection.TrustFile).ReleaseKey;
        var store = new ContainerBlobStore(_platform.Blobs.GetBlobContainerClient("packages"));
        var record = (await _platform.Client.ChannelsAsync(Cancelled)).Single(one => one.Channel == channel);
        var overlay = Assert.Single(record.Adaptations);
        Assert.Equal(
            published.Adaptation!.Compositions.Values.Order(Comparer<Digest>.Create((a, b) => string.CompareOrdinal(a.Hex, b.Hex))),
            overlay
                .Compositions.Select(one => one.Composition)
                .Order(Comparer<Digest>.Create((a, b) => string.CompareOrdinal(a.Hex, b.Hex))));
        foreach (var one in overlay.Compositions)
        {
            var envelope = await store.ReadAsync(one.Envelope, (int)one.EnvelopeSize, Cancelled);
            var signed = Dsse.Verify(envelope, Composition.MediaType, key);
            Assert.True(signed.IsValid, signed.Reason);
            var composition = Composition.Read(signed.Payload);
            Assert.Equal((one.Base, one.Composition), (composition.Base, composition.Identity));
            Assert.Equal(
                ["adapters/site.onnx_adapter", "adapters/smoke.json"],
                composition.Layers.OfType<CompositionLayer.Adapter>().Select(layer => layer.Path));
            Assert.Equal([Config], composition.Layers.OfType<CompositionLayer.Config>().Select(layer => layer.Path));
            Assert.IsType<CompositionLayer.Local>(composition.Layers[^1]);
        }

        // A collection keeps what devices fetch and, for each base, a manifest with its config, signature, test result and bill of materials.
        var kept = await new AdaptationBlobs(_platform.Blobs, new RunStore(_platform.Tables, null!, TimeProvider.System)).FindAsync(
            record.Adaptations,
            Cancelled);
        Assert.Subset(kept.ToHashSet(), overlay.Compositions.Select(one => one.Envelope).ToHashSet());
        Assert.True(kept.Count >= 6 * overlay.Compositions.Count, $"{kept.Count} blobs for {overlay.Compositions.Count} compositions");
        foreach (var digest in kept)
        {
            Assert.True(await store.ExistsAsync(digest, Cancelled), $"{digest} is not in storage.");
        }
    }
}
