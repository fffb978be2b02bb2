using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Messaging.EventGrid;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SlmOps.Contracts;
using SlmOps.EndToEnd.Tests.Parts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Tests.Bench;

/// <summary>
/// The whole pipeline on a real Azurite, driven by hand: a test brings a run to the stage it is about, runs that stage's
/// messages and looks at what came out.
/// </summary>
internal sealed class StageBench : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly QueueServiceClient _queues;

    private StageBench(ServiceProvider services) =>
        (_services, _queues) = (services, services.GetRequiredService<QueueServiceClient>());

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private PipelineFlow Pipeline => _services.GetRequiredService<PipelineFlow>();

    internal Wire Wire { get; private init; } = new();

    /// <summary>A service of the pipeline.</summary>
    internal T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    internal RunStore Runs => _services.GetRequiredService<RunStore>();

    internal BlobServiceClient Blobs => _services.GetRequiredService<BlobServiceClient>();

    /// <summary>A new host on the storage, with every queue empty.</summary>
    /// <param name="storage">The storage.</param>
    /// <param name="with">Services instead of the pipeline's own, or beside them.</param>
    /// <param name="settings">Settings beside those that every bench has.</param>
    internal static async Task<StageBench> StartAsync(
        StageStorage storage, Action<IServiceCollection>? with = null, params (string Name, string Value)[] settings)
    {
        var wire = new Wire();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            [StorageClients.Connection] = storage.ConnectionString,
            ["SlmOpsEvents:topicEndpoint"] = "https://topic.invalid/api/events",
            ["SlmOpsEvents:topicKey"] = "none",
            ["SlmOps:CreateStorage"] = "true",
            ["SlmOps:WorkFolder"] = Path.Combine(storage.Folder.Root, "work"),
            ["SlmOps:ReleaseKey"] = Path.Combine(storage.Folder.Root, "release.pem"),
            ["SlmOps:DirectorKey"] = Path.Combine(storage.Folder.Root, "director.pem"),
            ["SlmOps:OnlineKey"] = Path.Combine(storage.Folder.Root, "online.pem"),
            ["SlmOps:FleetKey"] = Path.Combine(storage.Folder.Root, "fleet.pem"),
        }).AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create<string, string?>(setting.Name, setting.Value))).Build();
        var services = new ServiceCollection().AddLogging().AddPipeline(configuration);
        services.AddSingleton(Queues(storage, wire));
        services.AddSingleton(Events(wire));
        with?.Invoke(services);
        var bench = new StageBench(services.BuildServiceProvider()) { Wire = wire };
        foreach (var setup in bench._services.GetServices<IHostedService>())
        {
            await ((setup as IHostedLifecycleService)?.StartingAsync(Cancelled) ?? Task.CompletedTask);
            await setup.StartAsync(Cancelled);
        }

        foreach (var queue in Flow.Queues)
        {
            await bench._queues.GetQueueClient(queue).ClearMessagesAsync(Cancelled);
        }

        return bench;
    }

    /// <summary>Uploads and runs every stage before the named one; its messages then wait.</summary>
    internal async Task<RunKey> ArriveAsync(string stage, Upload upload)
    {
        await upload.SendAsync(Blobs, Cancelled);
        await SendAsync(
            "intake",
            JsonSerializer.Serialize(
                new
                {
                    specversion = "1.0",
                    type = "Microsoft.Storage.BlobCreated",
                    subject = $"/blobServices/default/containers/models/blobs/{upload.Start}",
                }
            ));
        foreach (
            var before in Flow.Steps.TakeWhile(step => step.Name != stage).Where(step => step.Stage is not null || step.Name == "intake"))
        {
            foreach (var message in await TakeAsync(before.Name))
            {
                await RunAsync(before.Name, message);
            }
        }

        Wire.Forget();
        return new(upload.Model, upload.Version);
    }

    /// <summary>Takes the messages of a stage off its queue and runs each.</summary>
    /// <returns>The messages, to run them again.</returns>
    internal async Task<IReadOnlyList<string>> RunAsync(string stage)
    {
        var messages = await TakeAsync(stage);
        foreach (var message in messages)
        {
            await RunAsync(stage, message);
        }

        return messages;
    }

    internal Task RunAsync(string stage, string message) =>
        stage == "intake" ? Pipeline.IntakeAsync(message, Cancelled) : Pipeline.StageAsync(stage, message, Cancelled);

    /// <summary>What the host does with a message that the stage failed on every time.</summary>
    internal Task PoisonAsync(string stage, string message) =>
        stage == "intake" ? Pipeline.UploadPoisonedAsync(message, Cancelled) : Pipeline.PoisonedAsync(stage, message, Cancelled);

    /// <summary>The messages of a stage, taken off its queue.</summary>
    internal async Task<IReadOnlyList<string>> TakeAsync(string stage)
    {
        var queue = _queues.GetQueueClient(Flow.Find(stage).Queue);
        var messages = new List<string>();
        while ((await queue.ReceiveMessagesAsync(32, cancellationToken: Cancelled)).Value is { Length: > 0 } received)
        {
            foreach (var message in received)
            {
                messages.Add(message.Body.ToString());
                await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, Cancelled);
            }
        }

        return messages;
    }

    /// <summary>What waits for a stage, as <c>run</c> or <c>run variant</c>; it goes on waiting.</summary>
    internal async Task<IReadOnlyList<string>> WaitingAsync(string stage)
    {
        var peeked = await _queues.GetQueueClient(Flow.Find(stage).Queue).PeekMessagesAsync(32, Cancelled);
        return [.. peeked.Value
            .Select(message => JsonSerializer.Deserialize(message.Body, ContractsJson.Default.StageMessage)!)
            .Select(message => message.Variant is null ? message.RunId : $"{message.RunId} {message.Variant}")
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>The types of the events that were sent since the run arrived.</summary>
    internal IReadOnlyList<string> Sent() => [.. Wire.Events.Select(one => one.GetProperty("type").GetString()!)];

    /// <summary>The data of the one event of a type.</summary>
    internal T Sent<T>(string type) => JsonSerializer.Deserialize<T>(
        Wire.Events.Single(one => one.GetProperty("type").GetString() == type).GetProperty("data"), ContractsJson.Default.Options)!;

    /// <summary>Keys and ETags of all rows of a run: two equal lists say that nothing was written in between.</summary>
    internal async Task<IReadOnlyList<(string Row, ETag ETag)>> RowsAsync(RunKey run)
    {
        var partition = run.ToString();
        var rows = new List<(string, ETag)>();
        await foreach (var row in _services.GetRequiredService<TableServiceClient>().GetTableClient(Tables.Runs)
            .QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), cancellationToken: Cancelled))
        {
            rows.Add((row.RowKey, row.ETag));
        }

        return rows;
    }

    internal async Task<T> ResultAsync<T>(RunKey run, string row)
        where T : class => (await Runs.FindAsync<T>(run, row, Cancelled))!.Value;

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private Task SendAsync(string stage, string message) =>
        _queues.GetQueueClient(Flow.Find(stage).Queue).SendMessageAsync(message, Cancelled);

    private static QueueServiceClient Queues(StageStorage storage, Wire wire)
    {
        var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 };
        options.AddPolicy(wire, HttpPipelinePosition.PerCall);
        return new(storage.ConnectionString, options);
    }

    private static EventGridPublisherClient Events(Wire wire)
    {
        var options = new EventGridPublisherClientOptions { Transport = wire.Topic() };
        options.AddPolicy(wire, HttpPipelinePosition.PerCall);
        return new(new Uri("https://topic.invalid/api/events"), new AzureKeyCredential("none"), options);
    }
}
