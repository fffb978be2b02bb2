using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Extensions.Primitives;
using SlmOps.Contracts;
using SlmOps.Pipeline.Access;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Tests.Bench;
using SlmOps.Pipeline.Tests.Rollout;

namespace SlmOps.Pipeline.Tests.Fleet.Calls;

/// <summary>
/// The whole pipeline as the triggers call it, with its tables and queues in memory, a clock that the test moves, and a few devices
/// that are enrolled.
/// </summary>
internal sealed class ReportWorld : IAsyncDisposable
{
    private static readonly string[] Channels = ["phi", "llama", "edge.1"];
    private readonly TemporaryFolder _folder = new();
    private readonly MemoryQueues _queues = new();
    private readonly ServiceProvider _services;

    private ReportWorld()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            [StorageClients.Connection] = "UseDevelopmentStorage=true",
            ["SlmOpsEvents:topicEndpoint"] = "https://topic.invalid/api/events",
            ["SlmOpsEvents:topicKey"] = "none",
            ["SlmOps:WorkFolder"] = Path.Combine(_folder.Root, "work"),
            ["SlmOps:ReleaseKey"] = Path.Combine(_folder.Root, "release.pem"),
            ["SlmOps:DirectorKey"] = Path.Combine(_folder.Root, "director.pem"),
            ["SlmOps:OnlineKey"] = Path.Combine(_folder.Root, "online.pem"),
            ["SlmOps:FleetKey"] = Path.Combine(_folder.Root, "fleet.pem"),
        }).Build();
        var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(Clock).AddPipeline(configuration);
        services.AddSingleton(Rows.Client).AddSingleton(_queues.Client);
        _services = services.BuildServiceProvider();
    }

    internal FakeTimeProvider Clock { get; } = new(SampleFleet.Start);

    internal MemoryTables Rows { get; } = new();

    internal string Audience { get; private set; } = "";

    /// <summary>Devices of three channels; the last two are not let in.</summary>
    internal IReadOnlyList<CampaignDevice> Devices { get; } =
    [
        .. Enumerable.Range(0, 9).Select(number => new CampaignDevice($"cam-{number}", Channels[number % Channels.Length])),
        new("revoked-1", "phi", isLetIn: false),
        new("ended-1", "llama", isLetIn: false),
    ];

    internal IReadOnlyList<CampaignDevice> LetIn => [.. Devices.Where(device => device.IsLetIn)];

    internal static async Task<ReportWorld> StartAsync(CancellationToken cancellationToken)
    {
        var world = new ReportWorld();
        world.Audience = await world.Get<FleetAuthority>().AudienceAsync(cancellationToken);
        var now = world.Clock.GetUtcNow();
        foreach (var device in world.Devices)
        {
            var enrolled = new EnrolledDevice(
                device.Id, device.Channel, device.Key.ExportSubjectPublicKeyInfoPem(), "t1", now.AddDays(-9),
                device.Id == "ended-1" ? now.AddDays(-1) : now.AddYears(9), device.Id == "revoked-1" ? now.AddDays(-2) : null);
            Assert.True(await world.Get<EnrolledDevices>().TrySaveAsync(enrolled, null, cancellationToken));
        }

        world.Rows.TakeWritten();
        return world;
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        foreach (var device in Devices)
        {
            device.Dispose();
        }

        Rows.Dispose();
        _queues.Dispose();
        _folder.Dispose();
    }

    /// <summary>Messages to the rollout since it was asked last.</summary>
    internal int TakeMessages() => _queues.TakeSent();

    /// <summary>Sends a batch the way the trigger hands it over.</summary>
    internal async Task<ReportAnswer> SendAsync(ReportCase sent, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream(sent.Body, writable: false);
        using var answer = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = _services };
        context.Request.Method = "POST";
        context.Request.Body = body;
        context.Request.ContentLength = sent.TellsLength ? sent.Body.Length : null;
        context.Request.Headers.Authorization = new StringValues([.. sent.Authorization]);
        context.Response.Body = answer;
        var result = await _services.GetRequiredService<DeviceFlow>().ReportsAsync(context.Request, sent.Address, cancellationToken);
        await result.ExecuteAsync(context);
        var text = Encoding.UTF8.GetString(answer.ToArray());
        if (context.Response.StatusCode == StatusCodes.Status200OK)
        {
            return new(200, null, null, text);
        }

        var refusal = JsonSerializer.Deserialize(text, ContractsJson.Default.DeviceRefusal)!;
        Assert.NotEmpty(refusal.Detail!);
        return new(context.Response.StatusCode, refusal.Code, refusal.Field, text);
    }

    /// <summary>What the timer does: used tokens that have ended go.</summary>
    internal Task CollectAsync(CancellationToken cancellationToken) =>
        Get<ReplayStore>().CollectAsync(Clock.GetUtcNow(), cancellationToken);

    internal async Task<DeviceRecord?> RecordAsync(CampaignDevice device, CancellationToken cancellationToken) =>
        (await Rows.Client.GetTableClient(Tables.Devices)
            .FindAsync<DeviceRecord>(device.Channel, device.Id, cancellationToken))?.Value;

    internal async Task<DeviceReport?> KeptAsync(CampaignDevice device, long seq, CancellationToken cancellationToken) =>
        (await Rows.Client.GetTableClient(Tables.Reports)
            .FindAsync<DeviceReport>(device.Id, $"{seq:D19}", cancellationToken))?.Value;

    private T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();
}

/// <summary>What came back.</summary>
internal sealed record ReportAnswer(int Status, string? Code, string? Field, string Text);
