using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using SlmOps.Cli;
using SlmOps.Cli.Up;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using SlmOps.Local;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Api;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>A local platform of its own: Azurite, Event Grid, and the host of the functions in this process unless told otherwise.</summary>
internal sealed class Platform : IAsyncDisposable
{
    internal const long MaxFileBytes = 24 << 20;

    private readonly Folder _folder = new();
    private LocalPlatform _local = null!;
    private FunctionsHostOnly? _functions;

    internal string DataFolder => _folder.Path;

    internal LocalPlatform Local => _local;

    internal Connection Connection { get; private set; } = null!;

    internal OperatorClient Client { get; private set; } = null!;

    internal BlobServiceClient Blobs { get; private set; } = null!;

    internal TableServiceClient Tables { get; private set; } = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    internal static async Task<Platform> StartAsync(bool withFunctions = true)
    {
        var platform = new Platform();
        platform._local = await LocalPlatform.StartAsync(
            platform.Options() with { Ports = LocalPorts.Any with { Functions = FixedPort() }, WithFunctions = withFunctions },
            TimeProvider.System, CancellationToken.None);
        platform.Connection = PlatformStart.Announce(platform._local);
        platform.Client = new(platform.Connection);
        platform.Blobs = new(platform.Connection.StorageConnectionString);
        platform.Tables = new(platform.Connection.StorageConnectionString);
        return platform;
    }

    /// <summary>Starts the functions of a platform that has none, some of them disabled.</summary>
    internal Task StartFunctionsAsync(params string[] disabled) => StartFunctionsOfAsync(Installation.AppFolder(), disabled);

    /// <summary>The same, of an app in another folder than that of its build.</summary>
    internal async Task StartFunctionsOfAsync(string app, params string[] disabled)
    {
        await StopFunctionsAsync();
        var options = Options();
        _functions = await FunctionsHostOnly.StartAsync(
            options with
            {
                AppFolder = app,
                Settings = options.Settings
                    .Concat(disabled.Select(name => KeyValuePair.Create($"AzureWebJobs.{name}.Disabled", "true")))
                    .ToDictionary(),
                QueueLease = TimeSpan.FromSeconds(5),
            },
            TimeProvider.System, Cancelled);
    }

    internal async Task StopFunctionsAsync()
    {
        if (_functions is { } running)
        {
            _functions = null;
            await running.StopAsync();
            await running.DisposeAsync();
        }
    }

    internal Task UploadAsync(Upload upload) => upload.SendAsync(Blobs, Cancelled);

    internal Task<RunStatus> UntilAsync(Upload upload, RunState state) =>
        UntilAsync(upload.Model, upload.Version, $"{state}", status => status.State == state);

    /// <summary>Waits for a state of a run; ends at once when the run ends in another.</summary>
    internal async Task<RunStatus> UntilAsync(string model, string version, string what, Predicate<RunStatus> done)
    {
        var status = await Wait.ForAsync(
            $"{model}/{version} to be {what}",
            () => Client.ModelAsync(model, version, Cancelled),
            seen => seen is not null && (done(seen) || seen.State is RunState.Rejected or RunState.Finished or RunState.RolledBack),
            seen => Show(seen) + LogTail());
        Assert.True(done(status!), $"{model}/{version} should be {what}; it is {Show(status)}");
        return status!;
    }

    /// <summary>Facts that the event log holds about a subject, each once, oldest first.</summary>
    internal async Task<IReadOnlyList<JsonElement>> EventsAsync(string? type = null, string? subject = null)
    {
        using var http = new HttpClient { BaseAddress = Local.Endpoints.FrontUrl };
        http.DefaultRequestHeaders.Add("aeg-sas-key", Local.Endpoints.EventGridKey);
        List<JsonElement> found = [];
        for (long after = 0; ;)
        {
            var page = await http.GetFromJsonAsync<JsonElement>(
                string.Create(CultureInfo.InvariantCulture, $"__events?after={after}&wait=0&type={type}&subject={subject}"), Cancelled);
            found.AddRange(page.GetProperty("events").EnumerateArray().Select(logged => logged.GetProperty("event")));
            var next = page.GetProperty("next").GetInt64();
            if (page.GetProperty("events").GetArrayLength() == 0 || next == after)
            {
                return found;
            }

            after = next;
        }
    }

    /// <summary>The one rejection of an upload.</summary>
    internal async Task<ModelRejected> RejectionAsync(string upload)
    {
        var events = await Wait.ForAsync(
            $"the rejection of {upload}",
            async () =>
                (await EventsAsync(EventTypes.ModelRejected))
                    .Where(item => item.GetProperty("data").GetProperty("upload").GetString() == upload)
                    .ToList(),
            found => found.Count > 0,
            _ => "no such event" + LogTail());
        return Assert.Single(events).GetProperty("data").Deserialize(ContractsJson.Default.ModelRejected)!;
    }

    internal async Task<bool> HasBlobAsync(string container, string name) =>
        await Blobs.GetBlobContainerClient(container).GetBlobClient(name).ExistsAsync(Cancelled);

    internal async Task<IReadOnlyList<string>> RowsAsync(string table, string partition)
    {
        List<string> rows = [];
        await foreach (var row in Tables.GetTableClient(table).QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), cancellationToken: Cancelled))
        {
            rows.Add(row.RowKey);
        }

        return rows;
    }

    /// <summary>The releases that a new device would take, over HTTP, from the root that it ships.</summary>
    internal async Task<IReadOnlyList<ReleaseTarget>> ListedAsync()
    {
        using var http = new HttpClient(new DeviceHandler("lister", "nothing", Connection.FunctionsUrl, Connection.EnrolmentToken))
        {
            BaseAddress = new(Connection.FunctionsUrl, "/api/v1/metadata/"),
        };
        var update = await TufClient.UpdateAsync(
            TufState.Initial(TrustRoots.Load(Connection.TrustFile).Root),
            async (name, _, cancellationToken) =>
            {
                using var answer = await http.GetAsync(new Uri(name, UriKind.Relative), cancellationToken);
                return answer.StatusCode == System.Net.HttpStatusCode.NotFound
                    ? null
                    : await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancellationToken);
            },
            TimeProvider.System.GetUtcNow(), Cancelled);
        Assert.True(update.Releases is not null, update.Reason);
        return update.Releases;
    }

    /// <summary>Messages in all poison queues.</summary>
    internal async Task<int> PoisonAsync()
    {
        var queues = new QueueServiceClient(Connection.StorageConnectionString);
        var count = 0;
        await foreach (var queue in queues.GetQueuesAsync(cancellationToken: Cancelled))
        {
            if (queue.Name.EndsWith("-poison", StringComparison.Ordinal))
            {
                count += (await queues.GetQueueClient(queue.Name).GetPropertiesAsync(Cancelled)).Value.ApproximateMessagesCount;
            }
        }

        return count;
    }

    internal IReadOnlyList<JsonElement> LogLines()
    {
        List<JsonElement> lines = [];
        foreach (var path in Directory.GetFiles(Path.Combine(DataFolder, "logs"), "*.jsonl"))
        {
            using var reader = new StreamReader(
                new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            while (reader.ReadLine() is { } line)
            {
                try
                {
                    lines.Add(JsonDocument.Parse(line).RootElement);
                }
                catch (JsonException)
                {
                    // The last line of a process that was killed.
                }
            }
        }

        return lines;
    }

    public async ValueTask DisposeAsync()
    {
        await StopFunctionsAsync();
        Client.Dispose();
        await Local.StopAsync();
        _folder.Dispose();
    }

    private static string Show(RunStatus? status) => status is null
        ? "nothing"
        : $"{status.State}, rollout {status.Rollout?.State} {status.Rollout?.Reason}, "
            + string.Join("; ", status.Variants.Select(variant => $"{variant.Name} {variant.State} {variant.Reason}"))
            + string.Join("; ", status.Devices.Select(device => $" {device.Id} {device.State} {device.Reason}"))
            + string.Join("; ", status.Rejections.SelectMany(rejection => rejection.Problems).Select(problem => problem.Message));

    private string LogTail() => Environment.NewLine + string.Join(Environment.NewLine, LogLines()
        .Where(line => line.GetProperty("level").GetString() is "Warning" or "Error").TakeLast(8));

    private LocalPlatformOptions Options() => PlatformStart.Options(DataFolder) with
    {
        Settings = new Dictionary<string, string> { ["SlmOps__MaxFileBytes"] = MaxFileBytes.ToString(CultureInfo.InvariantCulture) },
        StopGrace = TimeSpan.FromSeconds(1),
    };

    /// <summary>
    /// A port below those that the system gives to outgoing connections: a host that is started again must find it free.
    /// </summary>
    private static int FixedPort()
    {
        while (true)
        {
            var port = LoopbackPort.IfFree(20_000 + (Guid.NewGuid().GetHashCode() & 0x1FFF));
            if (port != 0)
            {
                return port;
            }
        }
    }
}

/// <summary>One platform for all test classes that only add to it.</summary>
public sealed class SharedPlatform : IAsyncLifetime
{
    internal Platform Platform { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => Platform = await Platform.StartAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Platform.DisposeAsync();
}
