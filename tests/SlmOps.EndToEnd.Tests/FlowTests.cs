using System.Text.Json;
using Azure.Storage.Blobs;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Cli;
using SlmOps.Cli.Demo;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Inference;
using SlmOps.Inference.Sandbox;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Tuf;
using SlmOps.Packaging.Verification;
using SlmOps.Pipeline.Api;
using SlmOps.Pipeline.Storage;

namespace SlmOps.EndToEnd.Tests;

/// <summary>A model in, devices running it.</summary>
public sealed class FlowTests(SharedPlatform shared)
{
    private readonly Platform _platform = shared.Platform;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SampleModel_ThreeDifferentAgents_EachRunsAVerifiedVariantThatFitsIt()
    {
        var upload = Sample();
        using var folder = new Folder();
        await using var fleet = new DemoFleet();
        fleet.Start(_platform.Connection, upload.Model, DemoProfiles.Make(3), folder.Path);
        await FleetAsync(upload.Model, 3);

        await _platform.UploadAsync(upload);
        var status = await _platform.UntilAsync(upload, RunState.Finished);

        Assert.Null(DemoOutcome.Fault(status, 3));
        Assert.Equal(["fp32", "int8", "int4"], status.Variants.Where(variant => variant.Accepted == true).Select(variant => variant.Name));
        Assert.All(status.Devices, device => Assert.True(
            status.Variants.Single(variant => variant.Name == device.Variant).RamBytes <= device.Inventory!.RamBytes, device.Id));
        Assert.Equal("lab", status.Devices.Single(device => device.Id == "lab").Ring);
        await FactsAsync(upload, status, 3);
        await PackagesAsync(status);
    }

    [Fact]
    public async Task DroppedFile_NoManifest_ReachesDevicesByDefaults()
    {
        var model = OnnxModels.Mlp(seed: 11).Bytes();
        var version = $"sha-{Digest.Of(model).Hex[..12]}";
        await using var one = await SimulatedDevice.StartAsync(_platform, "drop-1", "dropped");
        await using var two = await SimulatedDevice.StartAsync(_platform, "drop-2", "dropped");

        await _platform
            .Blobs.GetBlobContainerClient("drop")
            .GetBlobClient("Dropped.onnx")
            .UploadAsync(BinaryData.FromBytes(model), overwrite: true, Cancelled);
        var status = await _platform.UntilAsync("dropped", version, "FINISHED", seen => seen.State == RunState.Finished);

        Assert.Equal(["fp32", "int8", "int4"], status.Variants.Select(variant => variant.Name));
        Assert.Null(status.Variants[0].Figures!.Perplexity);
        Assert.All(
            status.Variants.Skip(1).Where(variant => variant.Accepted == true),
            variant => Assert.True(variant.Figures!.SqnrDb >= 15));
        Assert.All(status.Devices, device => Assert.Equal(DeviceState.Committed, device.State));
        Assert.Equal(2, status.Devices.Count);
    }

    [Fact]
    public async Task DroppedFile_NameHoldsAVersion_IsThatVersion()
    {
        await _platform.Blobs.GetBlobContainerClient("drop").GetBlobClient("Versioned-Mlp-1.2.onnx")
            .UploadAsync(BinaryData.FromBytes(OnnxModels.Mlp(seed: 12).Bytes()), overwrite: true, Cancelled);

        await _platform.UntilAsync("versioned-mlp", "1.2", "received", seen => seen.ReceivedAt is not null);
    }

    private static Upload Sample()
    {
        var folder = Path.Combine(Installation.Root(), "infra", "samples", "pydocs-slm");
        var files = Directory
            .GetFiles(folder)
            .Where(path => Path.GetExtension(path) != ".md")
            .ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes);
        return new Upload("pydocs-slm", "1.0.0", files).WithManifest(manifest =>
        {
            // Enough for a verdict; the demo measures it all.
            manifest["evaluation"]!["maxTokens"] = 1500;
            manifest["rollout"]!["soakSeconds"] = 1;
            manifest["rollout"]!["deadlineSeconds"] = 600;
        });
    }

    private Task<IReadOnlyList<DeviceStatus>> FleetAsync(string channel, int devices) => Wait.ForAsync(
        $"{devices} devices",
        () => _platform.Client.DevicesAsync(channel, Cancelled),
        fleet => fleet.Count == devices,
        fleet => string.Join(", ", fleet.Select(device => device.Id)));

    /// <summary>Every fact of the flow, each once.</summary>
    private async Task FactsAsync(Upload upload, RunStatus status, int devices)
    {
        await Wait.ForAsync(
            "the end of the rollout as an event",
            () => _platform.EventsAsync(EventTypes.RolloutCompleted, $"rollouts/{upload.Model}@"), found => found.Count > 0, _ => "none");
        var facts = (await _platform.EventsAsync(subject: $"models/{upload.Model}/{upload.Version}"))
            .Concat(await _platform.EventsAsync(subject: $"rollouts/{upload.Model}@{upload.Version}")).ToList();
        var counts = facts.CountBy(fact => fact.GetProperty("type").GetString()!).ToDictionary();
        Assert.Equal(
            new Dictionary<string, int>
            {
                [EventTypes.ModelReceived] = 1,
                [EventTypes.ModelQuantized] = 3,
                [EventTypes.ModelValidated] = 3,
                [EventTypes.ModelPackaged] = 1,
                [EventTypes.ModelReleased] = 1,
                [EventTypes.RolloutStarted] = 1,
                [EventTypes.RingStarted] = 3,
                [EventTypes.RingPassed] = 3,
                [EventTypes.RolloutCompleted] = 1,
            }.OrderBy(count => count.Key, StringComparer.Ordinal),
            counts.OrderBy(count => count.Key, StringComparer.Ordinal));
        Assert.Equal(
            facts.Count,
            facts.DistinctBy(fact => (fact.GetProperty("source").GetString(), fact.GetProperty("id").GetString())).Count());
        var packaged = facts
            .Single(fact => fact.GetProperty("type").GetString() == EventTypes.ModelPackaged)
            .GetProperty("data")
            .Deserialize(ContractsJson.Default.ModelPackaged)!;
        Assert.Equal(
            status.Variants.ToDictionary(variant => variant.Name, variant => variant.Digest).OrderBy(pair => pair.Key),
            packaged.Variants.OrderBy(pair => pair.Key));
        var completed = facts
            .Single(fact => fact.GetProperty("type").GetString() == EventTypes.RolloutCompleted)
            .GetProperty("data")
            .Deserialize(ContractsJson.Default.RolloutCompleted)!;
        Assert.Equal(devices, completed.Devices);
    }

    /// <summary>What lies in storage is what was signed, and ONNX Runtime runs it.</summary>
    private async Task PackagesAsync(RunStatus status)
    {
        var container = _platform.Blobs.GetBlobContainerClient("packages");
        var store = new ContainerBlobStore(container);
        var trust = TrustRoots.Load(_platform.Connection.TrustFile);
        var verdict = await PackageVerifier.VerifyAsync(status.Rollout!.Release, store, trust.ReleaseKey, Cancelled);
        Assert.True(verdict.IsAccepted, verdict.Refusal?.Reason);

        foreach (var variant in status.Variants)
        {
            using var folder = new Folder();
            var manifest = ReleaseReader.ReadManifest(await DownloadAsync(container, variant.Digest));
            foreach (var file in manifest.Files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(folder.Of(file.Path))!);
                await File.WriteAllBytesAsync(folder.Of(file.Path), await DownloadAsync(container, file.Digest), Cancelled);
            }

            using (var session = new InferenceSession(folder.Of("model.onnx")))
            {
                Assert.Contains("logits", session.OutputNames);
            }

            var smoke = JsonSerializer.Deserialize(
                await File.ReadAllBytesAsync(folder.Of("smoke.json"), Cancelled),
                ContractsJson.Default.SmokeTest)!;
            using var model = LanguageModel.Open(folder.Of("model.onnx"));
            Assert.Equal(6, smoke.Prompts.Count);
            Assert.All(
                smoke.Prompts.Take(2),
                prompt => Assert.Equal(prompt.GreedyTokens, model.GenerateGreedy(prompt.PromptTokens!, smoke.MaxNewTokens, Cancelled)));
        }
    }

    private static async Task<byte[]> DownloadAsync(BlobContainerClient container, Digest digest)
    {
        var content = (await container.GetBlobClient($"blobs/sha256/{digest.Hex}").DownloadContentAsync(Cancelled)).Value.Content.ToArray();
        Assert.Equal(digest, Digest.Of(content));
        return content;
    }
}
