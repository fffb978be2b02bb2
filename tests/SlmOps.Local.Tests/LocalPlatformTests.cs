using System.Diagnostics;
using System.Text.Json;
using Azure;
using Azure.Messaging;
using Azure.Messaging.EventGrid;
using Azure.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection;
using SlmOps.Contracts;
using SlmOps.Local.Tests.FunctionsHost;

namespace SlmOps.Local.Tests;

public sealed class LocalPlatformTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Script _script = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private LocalPlatformOptions Options => new(AppContext.BaseDirectory, (services, _) => services.AddSingleton(_script))
    {
        DataFolder = _folder.Path,
        Ports = LocalPorts.Any,
        Triggers = [typeof(UploadTrigger), typeof(RolloutStartTrigger)],
        QueueLease = TimeSpan.FromSeconds(2),
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Start_WholePlatform_CarriesUploadsAndEventsToFunctions()
    {
        await using var platform = await LocalPlatform.StartAsync(Options, TimeProvider.System, Cancelled);
        var endpoints = platform.Endpoints;

        await UploadAsync(endpoints);
        var upload = await _script.NextAsync();
        Assert.Equal("Upload", upload.Function);
        Assert.Equal(
            "/blobServices/default/containers/drop/blobs/tiny 1.onnx",
            JsonDocument.Parse((string)upload.Data!).RootElement.GetProperty("subject").GetString());

        await PublishReleasedAsync(endpoints);
        var report = await platform.FlushAsync(Cancelled).SoonAsync();
        Assert.Equal(0, report.Waiting);
        var released = await _script.NextAsync();
        Assert.Equal("RolloutStart", released.Function);
        Assert.Equal(EventTypes.ModelReleased, JsonDocument.Parse((string)released.Data!).RootElement.GetProperty("type").GetString());

        await ShowsItselfAsync(platform);
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
        var apart = Options with { WithFunctions = false };
        await using var platform = await LocalPlatform.StartAsync(apart, TimeProvider.System, Cancelled);
        await UploadAsync(platform.Endpoints);

        await using (var host = await FunctionsHostOnly.StartAsync(apart, TimeProvider.System, Cancelled))
        {
            Assert.Equal("Upload", (await _script.NextAsync()).Function);
            await PublishReleasedAsync(platform.Endpoints);
            Assert.Equal("RolloutStart", (await _script.NextAsync()).Function);
            await host.StopAsync();
        }

        await platform.StopAsync();
    }

    [Fact]
    public async Task HostOnly_NoPlatform_SaysHowToStartOne()
    {
        var error = await Assert.ThrowsAsync<LocalPlatformException>(() => FunctionsHostOnly.StartAsync(Options, TimeProvider.System, Cancelled));

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
        _script.Act = (_, token) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        await UploadAsync(platform.Endpoints);
        Assert.Equal(1, (await _script.NextAsync()).DequeueCount);
        await platform.KillFunctionsAsync();
        _script.Act = (_, _) => Task.CompletedTask;
        await platform.StartFunctionsAsync(Cancelled);

        Assert.Equal(2, (await _script.NextAsync()).DequeueCount);
        Assert.False(platform.Completion.IsCompleted);
    }

    private static async Task StopsThoughSomebodyWaitsForEventsAsync(LocalPlatform platform)
    {
        using var http = LoopbackWeb.Client();
        var waiting = http.GetStringAsync(new Uri(platform.Endpoints.FrontUrl, "__events?after=1&type=never&wait=60"), Cancelled);
        await platform.StopAsync();
        await platform.Completion;

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => waiting.SoonAsync());
    }

    private static async Task ShowsItselfAsync(LocalPlatform platform)
    {
        using var http = LoopbackWeb.Client();
        var health = await http.GetStringAsync(new Uri(platform.Endpoints.FrontUrl, "healthz"), Cancelled);
        Assert.Equal("ok", JsonDocument.Parse(health).RootElement.GetProperty("status").GetString());
        var events = await http.GetStringAsync(new Uri(platform.Endpoints.FrontUrl, "__events?type=slmops.*"), Cancelled);
        Assert.Equal(2, JsonDocument.Parse(events).RootElement.GetProperty("events").GetArrayLength());
        var metrics = await http.GetStringAsync(new Uri(platform.Endpoints.FrontUrl, "metrics"), Cancelled);
        Assert.Contains("slmops_functions_invocation_duration_seconds_count", metrics, StringComparison.Ordinal);
        Assert.All(ReadLog(platform), line => Assert.True(JsonDocument.Parse(line).RootElement.TryGetProperty("message", out _)));
        Assert.Contains(ReadLog(platform), line => line.Contains("\"function\":\"Upload\"", StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite,
                File.GetUnixFileMode(Path.Combine(platform.DataFolder, "keys.json")));
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
