using System.Diagnostics;
using System.Text.Json;
using Azure;
using Azure.Messaging;
using Azure.Messaging.EventGrid;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using SlmOps.Contracts;
using SlmOps.Local.Azurite;
using SlmOps.Local.Tests.Workers;

namespace SlmOps.Local.Tests;

public sealed class LocalPlatformTests : IAsyncLifetime
{
    private static readonly (string Header, string Value)[] ElsewhereHeaders =
    [
        ("Host", "evil.example"), ("Host", "localhost.evil.example:7070"), ("Origin", "https://evil.example"), ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
    ];

    private readonly TemporaryFolder _folder = new();
    private Watcher _watcher = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>An app that takes what the two entries of the flow take.</summary>
    private LocalPlatformOptions Options => new(AppContext.BaseDirectory, ForeignApp.Folder, _ => new Dictionary<string, string>
    {
        ["TextQueue"] = "model-uploads",
        ["BinaryQueue"] = "rollout-starts",
        ["PocoQueue"] = "orders",
        ["MessageQueue"] = "messages",
        ["EmptyQueue"] = "empty",
        ["ClockSchedule"] = "0 0 0 1 1 *",
        ["OBSERVER"] = _watcher.Url.AbsoluteUri,
    })
    {
        DataFolder = _folder.Path,
        Ports = LocalPorts.Any,
        QueueLease = TimeSpan.FromSeconds(2),
    };

    public async ValueTask InitializeAsync() => _watcher = await Watcher.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _watcher.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Start_WholePlatform_CarriesUploadsAndEventsToFunctions()
    {
        await using var platform = await LocalPlatform.StartAsync(Options, TimeProvider.System, Cancelled);
        var endpoints = platform.Endpoints;

        await UploadAsync(endpoints);
        var upload = await _watcher.NextAsync();
        Assert.Equal("Text", upload.Function);
        Assert.Equal(
            "/blobServices/default/containers/drop/blobs/tiny 1.onnx",
            JsonDocument.Parse(upload.Data).RootElement.GetProperty("subject").GetString());

        await PublishReleasedAsync(endpoints);
        var report = await platform.FlushAsync(Cancelled).SoonAsync();
        Assert.Equal(0, report.Waiting);
        var released = await _watcher.NextAsync();
        Assert.Equal("Binary", released.Function);
        Assert.Equal(EventTypes.ModelReleased, JsonDocument.Parse(released.Data).RootElement.GetProperty("type").GetString());

        await ShowsItselfAsync(platform);
        await RefusesOtherSitesAsync(platform);
        await RefusesASecondAsync(platform);
        await SurvivesAKillOfItsFunctionsAsync(platform);
        await StopsThoughSomebodyWaitsForEventsAsync(platform);
    }

    [Fact]
    public async Task Completion_AzuriteKilled_FailsAndSaysSo()
    {
        await using var platform = await LocalPlatform.StartAsync(Options, TimeProvider.System, Cancelled);
        using var azurite = Process.GetProcessById(platform.AzuriteProcessId);
        azurite.Kill();

        var error = await Assert.ThrowsAsync<LocalPlatformException>(() => platform.Completion.SoonAsync());

        Assert.Contains("Azurite", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HostOnly_BesideAPlatformWithoutFunctions_ServesItsEvents()
    {
        var apart = Options with { WithFunctions = false, PrivateStorage = true };
        await using var platform = await LocalPlatform.StartAsync(apart, TimeProvider.System, Cancelled);
        await UploadAsync(platform.Endpoints);
        Assert.DoesNotContain(AzuriteEndpoints.WellKnownKey, platform.Endpoints.StorageConnectionString, StringComparison.Ordinal);

        await using (var host = await FunctionsHostOnly.StartAsync(apart, TimeProvider.System, Cancelled))
        {
            Assert.Equal("Text", (await _watcher.NextAsync()).Function);
            await PublishReleasedAsync(platform.Endpoints);
            Assert.Equal("Binary", (await _watcher.NextAsync()).Function);
            await host.StopAsync();
        }

        await platform.StopAsync();
    }

    [Fact]
    public async Task HostOnly_NoPlatform_SaysHowToStartOne()
    {
        var error = await Assert.ThrowsAsync<LocalPlatformException>(() =>
            FunctionsHostOnly.StartAsync(Options, TimeProvider.System, Cancelled));

        Assert.Contains("slmops up", error.Message, StringComparison.Ordinal);
    }

    private static async Task UploadAsync(LocalEndpoints endpoints)
    {
        var container = new BlobContainerClient(endpoints.StorageConnectionString, "drop");
        await container.CreateIfNotExistsAsync(cancellationToken: Cancelled);
        await container.GetBlobClient("notes.txt").UploadAsync(BinaryData.FromString("ignored"), overwrite: true, Cancelled);
        await container.GetBlobClient("tiny 1.onnx").UploadAsync(BinaryData.FromString("model"), overwrite: true, Cancelled);
    }

    private static async Task PublishReleasedAsync(LocalEndpoints endpoints)
    {
        var publisher = new EventGridPublisherClient(endpoints.EventGridTopicEndpoint, new AzureKeyCredential(endpoints.EventGridKey));
        await publisher.SendEventAsync(new CloudEvent("slmops/test", EventTypes.ModelReceived, new { model = "tiny" }), Cancelled);
        await publisher.SendEventAsync(new CloudEvent("slmops/test", EventTypes.ModelReleased, new { model = "tiny" }), Cancelled);
    }

    private async Task SurvivesAKillOfItsFunctionsAsync(LocalPlatform platform)
    {
        _watcher.Answer = seen => seen.DequeueCount == "1" ? "wait" : "";
        await UploadAsync(platform.Endpoints);
        var first = await _watcher.NextAsync();
        Assert.Equal("1", first.DequeueCount);
        await platform.KillFunctionsAsync();
        await platform.StartFunctionsAsync(Cancelled);

        var second = await _watcher.NextAsync();
        Assert.Equal("2", second.DequeueCount);
        Assert.NotEqual(first.Process, second.Process);
        Assert.False(platform.Completion.IsCompleted);
    }

    private static async Task StopsThoughSomebodyWaitsForEventsAsync(LocalPlatform platform)
    {
        using var http = Keyed(platform);
        var waiting = http.GetStringAsync(new Uri(platform.Endpoints.FrontUrl, "__events?after=1&type=never&wait=60"), Cancelled);
        await platform.StopAsync();
        await platform.Completion;

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => waiting.SoonAsync());
    }

    private static async Task ShowsItselfAsync(LocalPlatform platform)
    {
        using var http = Keyed(platform);
        var health = await http.GetStringAsync(new Uri(platform.Endpoints.FrontUrl, "healthz"), Cancelled);
        Assert.Equal("ok", JsonDocument.Parse(health).RootElement.GetProperty("status").GetString());
        var events = await http.GetStringAsync(new Uri(platform.Endpoints.FrontUrl, "__events?type=slmops.*"), Cancelled);
        Assert.Equal(2, JsonDocument.Parse(events).RootElement.GetProperty("events").GetArrayLength());
        var metrics = await http.GetStringAsync(new Uri(platform.Endpoints.FrontUrl, "metrics"), Cancelled);
        Assert.Contains("slmops_functions_invocation_duration_seconds_count", metrics, StringComparison.Ordinal);
        Assert.All(ReadLog(platform), line => Assert.True(JsonDocument.Parse(line).RootElement.TryGetProperty("message", out _)));
        Assert.Contains(ReadLog(platform), line => line.Contains("\"function\":\"Text\"", StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            var owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            Assert.Equal(owner, File.GetUnixFileMode(Path.Combine(platform.DataFolder, "keys.json")));
            foreach (var folder in Directory.GetDirectories(platform.DataFolder).Append(platform.DataFolder))
            {
                Assert.Equal((folder, owner | UnixFileMode.UserExecute), (folder, File.GetUnixFileMode(folder)));
            }
        }
    }

    private static HttpClient Keyed(LocalPlatform platform)
    {
        var http = LoopbackWeb.Client();
        http.DefaultRequestHeaders.Add("aeg-sas-key", platform.Endpoints.EventGridKey);
        return http;
    }

    /// <summary>On every port, whatever it serves; with a key too, as a page that learned one would send it.</summary>
    private static async Task RefusesOtherSitesAsync(LocalPlatform platform)
    {
        var endpoints = platform.Endpoints;
        using var http = Keyed(platform);
        Uri[] ports =
        [
            endpoints.FrontUrl, endpoints.FunctionsUrl, platform.Events.Url,
            new BlobServiceClient(endpoints.StorageConnectionString).Uri,
            new QueueServiceClient(endpoints.StorageConnectionString).Uri,
            new(endpoints.StorageConnectionString.Split("TableEndpoint=")[1].TrimEnd(';')),
        ];
        Assert.Equal(6, ports.Select(port => port.Port).Distinct().Count());
        foreach (var port in ports)
        {
            foreach (var (header, value) in ElsewhereHeaders)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(port, "/__flush"));
                request.Headers.TryAddWithoutValidation(header, value);
                using var response = await http.SendAsync(request, Cancelled);

                Assert.Equal((port, header, 403), (port, header, (int)response.StatusCode));
                Assert.Contains("local platform", await response.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
            }
        }
    }

    private static string[] ReadLog(LocalPlatform platform)
    {
        using var file = new FileStream(
            Path.Combine(platform.DataFolder, "logs", "platform.jsonl"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private async Task RefusesASecondAsync(LocalPlatform platform)
    {
        var error = await Assert.ThrowsAsync<LocalPlatformException>(
            () => LocalPlatform.StartAsync(Options, TimeProvider.System, Cancelled));

        Assert.Contains($"process {Environment.ProcessId}", error.Message, StringComparison.Ordinal);
        Assert.Contains(platform.Endpoints.FrontUrl.AbsoluteUri, error.Message, StringComparison.Ordinal);
    }
}
