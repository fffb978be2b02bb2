using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using SlmOps.Cli;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Local;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Layout;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Api;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.EndToEnd.Tests;

/// <summary>Deltas between releases: what is offered makes what was released, whatever happens on the way.</summary>
public sealed class DeltaTests(SharedPlatform shared)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SecondRelease_OneTensorChanged_OffersDeltasThatMakeItFromTheFirst()
    {
        var platform = shared.Platform;
        await ReleasedAsync(platform, Model("tuned", "1"));
        Assert.Empty((await RowAsync<DeltaResult>(platform, "tuned@1", DeltaResult.Row)).Offers);

        var status = await ReleasedAsync(platform, Model("tuned", "2", changed: true));

        var (before, after) = (await PackagedAsync(platform, "tuned@1"), await PackagedAsync(platform, "tuned@2"));
        var offers = (await RowAsync<DeltaResult>(platform, "tuned@2", DeltaResult.Row)).Offers;
        Assert.Equal(
            before.Zip(after, (old, wanted) => (old.Manifest, wanted.Manifest)),
            offers.Select(offer => (offer.From, offer.To)));
        Assert.Contains("deltas", status.StagesMs.Keys);
        foreach (var offer in offers)
        {
            await MakesAsync(platform, offer);
        }
    }

    [Fact]
    public async Task FirstReleaseOfAModel_DevicesRunAnother_OffersADeltaFromWhatMostOfThemRun()
    {
        var platform = shared.Platform;
        Upload OnKitchens(Upload upload) => upload.WithManifest(manifest => manifest["rollout"]!["channel"] = "kitchens");
        await using var one = await SimulatedDevice.StartAsync(platform, "kitchen-1", "kitchens");
        var status = await ReleasedAsync(platform, OnKitchens(Model("chef", "1")));
        await platform.UntilAsync("chef", "1", "FINISHED", seen => seen.State == RunState.Finished);
        var running = status.Variants.Single(variant => variant.Digest == one.Active);

        await ReleasedAsync(platform, OnKitchens(Model("sous-chef", "1", changed: true)));

        var offer = Assert.Single((await RowAsync<DeltaResult>(platform, "sous-chef@1", DeltaResult.Row)).Offers);
        Assert.Equal(one.Active, offer.From);
        Assert.Equal((await PackagedAsync(platform, "sous-chef@1")).Single(variant => variant.Name == running.Name).Manifest, offer.To);
        await MakesAsync(platform, offer);
    }

    [Fact]
    public async Task ListReleased_MoreThanAskedFor_AreTheNewestOfThatModelByTimeOfRelease()
    {
        var table = shared.Platform.Tables.GetTableClient("runs");
        string[] released = ["listed@9", "listed@1", "listed-other@1", "listed2@1", "listed@10", "listed@2", "listed@3"];
        var last = DateTimeOffset.MinValue;
        foreach (var run in released)
        {
            // Until the clock of the tables has moved on.
            TableEntity row;
            do
            {
                await table.UpsertEntityAsync(new TableEntity(run, "release"), TableUpdateMode.Replace, Cancelled);
                row = await table.GetEntityAsync<TableEntity>(run, "release", cancellationToken: Cancelled);
            }
            while (row.Timestamp <= last);
            last = row.Timestamp!.Value;
        }

        var runs = new RunStore(shared.Platform.Tables, null!, TimeProvider.System);

        Assert.Equal(
            [new("listed", "2"), new("listed", "10"), new("listed", "1")],
            await runs.ListReleasedAsync(new("listed", "3"), 3, Cancelled));
        Assert.Empty(await runs.ListReleasedAsync(new("lis", "1"), 3, Cancelled));
    }

    [Fact]
    public async Task Message_SentAgainGivenUpOrWithoutABase_ReleasesOnceWithWhatCouldBeMade()
    {
        await using var platform = await Platform.StartAsync(withFunctions: false);
        await platform.StartFunctionsAsync("Deltas");
        await platform.UploadAsync(Model("twice", "1"));
        await PackagedStatusAsync(platform, "twice", "1");

        // As the host leaves it after the last try.
        await SendAsync(platform, "deltas-poison", "twice@1");
        await platform.UntilAsync("twice", "1", "released", status => !status.ReleaseDigest.IsEmpty);
        Assert.Empty((await RowAsync<DeltaResult>(platform, "twice@1", DeltaResult.Row)).Offers);
        Assert.Contains(platform.LogLines(), line => line.GetProperty("event").GetInt32() == 109);

        await platform.UploadAsync(Model("twice", "2", changed: true));
        await PackagedStatusAsync(platform, "twice", "2");
        var lost = (await PackagedAsync(platform, "twice@1")).Single(variant => variant.Name == "fp32").Manifest;
        await platform
            .Blobs.GetBlobContainerClient("packages")
            .GetBlobClient(ContainerBlobStore.NameOf(lost))
            .DeleteAsync(cancellationToken: Cancelled);
        await SendAsync(platform, "deltas", "twice@2");
        await SendAsync(platform, "deltas", "twice@2");
        await platform.StartFunctionsAsync();
        await platform.UntilAsync("twice", "2", "released", status => !status.ReleaseDigest.IsEmpty);

        var offer = Assert.Single((await RowAsync<DeltaResult>(platform, "twice@2", DeltaResult.Row)).Offers);
        Assert.Equal((await PackagedAsync(platform, "twice@2")).Single(variant => variant.Name == "int8").Manifest, offer.To);
        await MakesAsync(platform, offer);
        Assert.Contains(platform.LogLines(), line => line.GetProperty("event").GetInt32() == 108);
        await SettledAsync(platform, "deltas", "release");
        Assert.Single(await platform.EventsAsync(EventTypes.ModelReleased, "models/twice/2"));
        Assert.Empty(await platform.EventsAsync(EventTypes.ModelRejected));
        Assert.Equal(0, await platform.PoisonAsync());
    }

    [Fact]
    public async Task Host_KilledWhileItMakesDeltas_OffersWhatItWouldHaveOffered()
    {
        await using var platform = await Platform.StartAsync(withFunctions: false);
        await platform.StartFunctionsAsync("Deltas");
        await platform.UploadAsync(Model("cut", "1"));
        await PackagedStatusAsync(platform, "cut", "1");
        await SendAsync(platform, "deltas-poison", "cut@1");
        await platform.UntilAsync("cut", "1", "released", status => !status.ReleaseDigest.IsEmpty);
        await platform.UploadAsync(Model("cut", "2", changed: true));
        await PackagedStatusAsync(platform, "cut", "2");
        await platform.StopFunctionsAsync();

        await using var forwarder = await Forwarder.StartAsync(platform.Local.Endpoints);
        EndpointsFile.Write(forwarder.Endpoints);
        List<(Func<Mutation, bool> At, bool After)> deaths =
        [
            (mutation => mutation.Path.Contains("/packages/", StringComparison.Ordinal), false),
            (mutation => mutation.Path.Contains("/packages/", StringComparison.Ordinal), true),
            (mutation => mutation.Body.Contains("outbox|deltas", StringComparison.Ordinal), true),
        ];
        var died = 0;
        var host = HostProcess.Start(platform.DataFolder, 2);
        try
        {
            forwarder.Decide = mutation =>
            {
                if (died == deaths.Count || host.HasExited || !deaths[died].At(mutation))
                {
                    return null;
                }

                died++;
                return new(deaths[died - 1].After, () => host.KillAsync(Victim.Host));
            };
            await Wait.ForAsync(
                "the release",
                async () =>
                {
                    if (host.HasExited)
                    {
                        await host.DisposeAsync();
                        host = HostProcess.Start(platform.DataFolder, 2);
                    }

                    return (await platform.RowsAsync("runs", "cut@2")).Contains("release");
                },
                done => done,
                _ => $"{died} deaths; host says: {host.Output}");
        }
        finally
        {
            forwarder.Decide = null;
            await host.DisposeAsync();
        }

        Assert.Equal(deaths.Count, died);
        var offers = (await RowAsync<DeltaResult>(platform, "cut@2", DeltaResult.Row)).Offers;
        Assert.Equal(2, offers.Count);
        using var folder = new Folder();
        foreach (var offer in offers)
        {
            Assert.Equal(offer, await DeltaPackager.WriteAsync(offer.From, offer.To, Packages(platform), folder.Path, Cancelled));
            await MakesAsync(platform, offer);
        }
    }

    [Fact]
    public async Task Package_DeltaFromAnEarlierLayout_IsInTheLayoutThatStillVerifies()
    {
        using var folder = new Folder();
        foreach (var upload in (Upload[])[Model("byhand", "1"), Model("byhand", "2", changed: true)])
        {
            Directory.CreateDirectory(folder.Of(upload.Version));
            foreach (var (path, bytes) in upload.Files)
            {
                await File.WriteAllBytesAsync(Path.Combine(folder.Of(upload.Version), path), bytes, Cancelled);
            }
        }

        string[] named = ["--name", "byhand", "--key", folder.Of("key.pem")];
        Assert.Equal(
            0,
            await CommandTree.RunAsync(["package", folder.Of("1"), "--out", folder.Of("old"), "--version", "1", .. named], new(), Cancelled)
        );
        Assert.Equal(
            0,
            await CommandTree.RunAsync(
                ["package", folder.Of("2"), "--out", folder.Of("new"), "--version", "2", "--delta-from", folder.Of("old"), .. named],
                new(),
                Cancelled));

        Assert.Equal(2, LayoutReader.ReadDeltas(folder.Of("new")).Count);
        Assert.Equal(0, await CommandTree.RunAsync(["verify", folder.Of("new"), "--key", folder.Of("key.pem")], new(), Cancelled));
    }

    /// <summary>Two variants of one small network; the changed one has other last weights.</summary>
    private static Upload Model(string name, string version, bool changed = false)
    {
        var upload = Models
            .Mlp(name, version, 77, "fp32", "int8")
            .WithManifest(manifest => manifest["variants"]![0]!["recipe"] = "original");
        var weights = OnnxModels.Mlp(78).Graph.Initializer[1].RawData;
        return changed
            ? upload.With("model.onnx", OnnxModels.Mlp(77).Change(model => model.Graph.Initializer[1].RawData = weights).Bytes())
            : upload;
    }

    private static async Task<RunStatus> ReleasedAsync(Platform platform, Upload upload)
    {
        await platform.UploadAsync(upload);
        return await platform.UntilAsync(upload.Model, upload.Version, "released", status => !status.ReleaseDigest.IsEmpty);
    }

    private static Task<RunStatus> PackagedStatusAsync(Platform platform, string model, string version) => platform.UntilAsync(
        model, version, "packaged", status => status.Variants.All(variant => variant.State == VariantState.Packaged));

    private static ContainerBlobStore Packages(Platform platform) => new(platform.Blobs.GetBlobContainerClient("packages"));

    private static async Task<T> RowAsync<T>(Platform platform, string run, string row)
        where T : class => (await platform.Tables.GetTableClient("runs").FindAsync<T>(run, row, Cancelled))!.Value;

    private static async Task<IReadOnlyList<VariantOffer>> PackagedAsync(Platform platform, string run) =>
        (await RowAsync<PackageResult>(platform, run, PackageResult.Row)).Variants;

    private static async Task SendAsync(Platform platform, string queue, string run)
    {
        var client = new QueueClient(
            platform.Connection.StorageConnectionString, queue, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        await client.SendMessageAsync(
            JsonSerializer.Serialize(new StageMessage(StageMessage.CurrentSchema, run, null, null), ContractsJson.Default.StageMessage),
            Cancelled);
    }

    private static Task<int> SettledAsync(Platform platform, params string[] queues) => Wait.ForAsync(
        "queues to be empty",
        async () =>
        {
            var waiting = 0;
            foreach (var queue in queues)
            {
                waiting += (await new QueueClient(platform.Connection.StorageConnectionString, queue).GetPropertiesAsync(Cancelled)).Value.ApproximateMessagesCount;
            }

            return waiting;
        },
        waiting => waiting == 0,
        waiting => $"{waiting} messages");

    /// <summary>A device with the old variant gets the new one by the delta, for less than half of its bytes.</summary>
    private static async Task MakesAsync(Platform platform, DeltaOffer offer)
    {
        using var folder = new Folder();
        var device = new FolderBlobStore(folder.Path) { IsDurable = false };
        var packages = Packages(platform);
        var (from, to) = (await ManifestAsync(offer.From), await ManifestAsync(offer.To));
        var delta = DeltaManifest.Read(await packages.ReadAsync(offer.Delta.Digest, Limits.ManifestBytes, Cancelled));
        foreach (var file in from.Files)
        {
            await FetchAsync(new(file.Digest, file.Size));
        }

        var plan = FetchPlan.Make(to, from.Files.Select(file => file.Digest).ToHashSet(), delta);
        Assert.InRange(plan.Bytes, 1, to.Bytes / 2);
        foreach (var step in plan.Steps.Where(step => step.Way != FetchWay.Held))
        {
            await FetchAsync(step.Layer?.Delta ?? step.Target);
            if (step.Layer is { } layer)
            {
                Assert.Equal(new DeltaOutcome(null, null), await DeltaApplier.ApplyAsync(layer, from, device, Cancelled));
            }
        }

        foreach (var file in to.Files)
        {
            Assert.Equal(file.Digest, Digest.Of(await File.ReadAllBytesAsync(device.PathOf(file.Digest), Cancelled)));
        }

        async Task<VariantManifest> ManifestAsync(Digest digest) =>
            ReleaseReader.ReadManifest(await packages.ReadAsync(digest, Limits.ManifestBytes, Cancelled));

        async Task FetchAsync(BlobRef blob)
        {
            await using var content = await packages.OpenReadAsync(blob.Digest, Cancelled);
            await device.WriteAsync(blob.Digest, blob.Size, content, Cancelled);
        }
    }
}
