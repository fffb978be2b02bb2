using System.Text.Json;
using SlmOps.Contracts.Operator;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SlmOps.Cli.Up;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline;

namespace SlmOps.EndToEnd.Tests;

/// <summary>Several things at once, and the same thing again.</summary>
public sealed class ConcurrencyTests(SharedPlatform shared)
{
    private readonly Platform _platform = shared.Platform;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TwoModels_AtOnce_BothReachTheirDevices()
    {
        Upload[] uploads = [Models.Mlp("twin-a", "1", 501, "int8"), Models.Decoder("twin-b", "1", 502, "int4")];
        await using var a = await SimulatedDevice.StartAsync(_platform, "twin-a-1", "twin-a");
        await using var b = await SimulatedDevice.StartAsync(_platform, "twin-b-1", "twin-b");

        await Task.WhenAll(uploads.Select(_platform.UploadAsync));
        var ends = await Task.WhenAll(uploads.Select(upload => _platform.UntilAsync(upload, RunState.Finished)));

        Assert.Equal(["twin-a-1"], ends[0].Devices.Select(device => device.Id));
        Assert.Equal(["twin-b-1"], ends[1].Devices.Select(device => device.Id));
        Assert.Contains(ends[0].Variants, variant => variant.Digest == a.Active);
        Assert.Contains(ends[1].Variants, variant => variant.Digest == b.Active);
        Assert.NotNull(ends[1].Variants[0].Figures!.Perplexity);
    }

    [Fact]
    public async Task SameUpload_Twice_ChangesNothing()
    {
        var upload = Models.Mlp("again", "1", 503, "int8");
        await _platform.UploadAsync(upload);
        await using var device = await SimulatedDevice.StartAsync(_platform, "again-1", "again");
        var first = await _platform.UntilAsync(upload, RunState.Finished);
        var facts = await FactsAsync("again");

        await _platform.UploadAsync(upload);
        await IntakeIdleAsync();
        var second = (await _platform.Client.ModelAsync("again", "1", Cancelled))!;

        Assert.Empty(second.Rejections);
        Assert.Equal(first.ReleaseDigest, second.ReleaseDigest);
        Assert.Equal(first.ReceivedAt, second.ReceivedAt);
        Assert.Equal(facts, await FactsAsync("again"));
    }

    [Fact]
    public async Task SameVersion_OtherBytes_IsRejectedAndTheFirstStays()
    {
        var upload = Models.Mlp("fixed", "1", 504, "int8");
        await _platform.UploadAsync(upload);
        await using var device = await SimulatedDevice.StartAsync(_platform, "fixed-1", "fixed");
        var first = await _platform.UntilAsync(upload, RunState.Finished);

        await _platform.UploadAsync(upload.With("model.onnx", OnnxModels.Mlp(505).Bytes()));
        var rejection = await _platform.RejectionAsync($"models/{upload.Start}");
        var second = (await _platform.Client.ModelAsync("fixed", "1", Cancelled))!;

        Assert.Equal("version-exists", Assert.Single(rejection.Problems).Code);
        Assert.Equal(RunState.Finished, second.State);
        Assert.Equal(first.ReleaseDigest, second.ReleaseDigest);
        Assert.Equal(first.ReceivedAt, second.ReceivedAt);
        Assert.Single(await _platform.EventsAsync(EventTypes.ModelReceived, "models/fixed/1"));
    }

    [Fact]
    public async Task SameEvent_ManyTimesAtOnce_MakesOneRun()
    {
        var upload = Models.Mlp("many", "1", 506, "int8");
        var settings = PlatformStart.Settings(_platform.Local.Endpoints)
            .Select(setting => KeyValuePair.Create(setting.Key.Replace("__", ":", StringComparison.Ordinal), (string?)setting.Value));
        await using var services = new ServiceCollection().AddLogging()
            .AddPipeline(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).BuildServiceProvider();
        var flow = services.GetRequiredService<PipelineFlow>();
        var message = JsonSerializer.Serialize(new
        {
            type = "Microsoft.Storage.BlobCreated",
            subject = $"/blobServices/default/containers/models/blobs/{upload.Start}",
        });
        await using var device = await SimulatedDevice.StartAsync(_platform, "many-1", "many");

        await _platform.UploadAsync(upload);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => flow.IntakeAsync(message, Cancelled))));
        var order = JsonSerializer.Serialize(
            new StageMessage(StageMessage.CurrentSchema, "many@1", "int8", null),
            ContractsJson.Default.StageMessage);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => flow.StageAsync("quantize", order, Cancelled))));
        var status = await _platform.UntilAsync(upload, RunState.Finished);

        Assert.Empty(status.Rejections);
        var facts = (await FactsAsync("many")).CountBy(fact => fact.Type).ToDictionary();
        Assert.Equal(1, facts[EventTypes.ModelReceived]);
        Assert.Equal(2, facts[EventTypes.ModelQuantized]);
        Assert.Equal(2, facts[EventTypes.ModelValidated]);
        Assert.Equal(1, facts[EventTypes.ModelPackaged]);
        Assert.Equal(1, facts[EventTypes.ModelReleased]);
    }

    private async Task<IReadOnlyList<(string Type, string Id)>> FactsAsync(string model) =>
        [
            .. (await _platform.EventsAsync(subject: $"models/{model}/")).Select(fact =>
                (fact.GetProperty("type").GetString()!, fact.GetProperty("id").GetString()!)),
        ];

    /// <summary>Every upload's event has been delivered and dealt with.</summary>
    private async Task IntakeIdleAsync()
    {
        await _platform.Local.FlushAsync(Cancelled);
        var queue = new QueueClient(_platform.Connection.StorageConnectionString, "model-uploads");
        await Wait.ForAsync(
            "the queue of uploads to be empty",
            async () => (await queue.GetPropertiesAsync(Cancelled)).Value.ApproximateMessagesCount,
            count => count == 0,
            count => $"{count} messages");
    }
}
