using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SlmOps.Local.EventGrid;

namespace SlmOps.Local.Tests.EventGrid;

public sealed class EventGridEmulatorTests(SharedAzurite azurite) : IDisposable
{
    private static readonly DateTimeOffset Start = new(2025, 11, 24, 6, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Start);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private EventGridOptions Options => new(_folder.Path, Convert.ToBase64String(new byte[32]), ["models"])
    {
        StorageConnectionString = azurite.ConnectionString,
        RetryJitter = 0,
    };

    public void Dispose() => _folder.Dispose();

    private Task<EventGridEmulator> StartAsync(params EventSubscription[] subscriptions) => EventGridEmulator.StartAsync(
        Options with { Subscriptions = subscriptions }, _time, NullLoggerFactory.Instance, Cancelled);

    private static EventSubscription Hook(Receiver receiver, string name = "my-hook") =>
        new("models", name, new EventFilter(), new WebhookDestination(receiver.Url));

    private static AcceptedEvent NewEvent(string id, string type = "ready") =>
        AcceptedEvent.From(
            "models",
            JsonDocument
                .Parse($$"""{"specversion":"1.0","id":"{{id}}","source":"/test","type":"{{type}}","data":{"n":1},"subject":"s"}""")
                .RootElement);

    [Fact]
    public async Task Publish_WebhookSubscription_DeliversOneCloudEventARequest()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var emulator = await StartAsync(Hook(receiver));

        Assert.Equal(PublishResult.Accepted, emulator.Publish("models", [NewEvent("1"), NewEvent("2")]));
        await emulator.FlushAsync(Cancelled).SoonAsync();

        var received = new[] { await receiver.NextAsync(), await receiver.NextAsync() };
        Assert.Equal(["1", "2"], received.Select(item => item.Body.GetProperty("id").GetString()!).Order());
        Assert.All(received, item =>
        {
            Assert.Equal("application/cloudevents+json; charset=utf-8", item.ContentType);
            Assert.Equal("Notification", item.Headers["aeg-event-type"]);
            Assert.Equal("MY-HOOK", item.Headers["aeg-subscription-name"]);
            Assert.Equal("0", item.Headers["aeg-delivery-count"]);
        });
    }

    [Fact]
    public async Task Publish_EventGridSchemaSubscription_DeliversAnArrayOfOne()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var emulator = await StartAsync(Hook(receiver) with { Schema = DeliverySchema.EventGridSchema });

        emulator.Publish("models", [NewEvent("1")]);

        var received = await receiver.NextAsync();
        var item = Assert.Single(received.Body.EnumerateArray());
        Assert.Equal("ready", item.GetProperty("eventType").GetString());
        Assert.Equal("/test", item.GetProperty("topic").GetString());
        Assert.Equal(1, item.GetProperty("data").GetProperty("n").GetInt32());
        Assert.Equal("1", received.Headers["aeg-metadata-version"]);
    }

    [Fact]
    public async Task Publish_QueueSubscription_PutsBase64OfOneEvent()
    {
        var queue = new QueueClient(azurite.ConnectionString, SharedAzurite.NewName());
        await using var emulator = await StartAsync(
            new EventSubscription(
                "models",
                "to-queue",
                new EventFilter { IncludedEventTypes = ["ready"] },
                new QueueDestination(queue.Name)));

        emulator.Publish("models", [NewEvent("1"), NewEvent("2", "other")]);
        var report = await emulator.FlushAsync(Cancelled).SoonAsync();

        var message = Assert.Single((await queue.ReceiveMessagesAsync(10, cancellationToken: Cancelled)).Value);
        var json = Encoding.UTF8.GetString(Convert.FromBase64String(message.MessageText));
        Assert.Equal("1", JsonDocument.Parse(json).RootElement.GetProperty("id").GetString());
        Assert.Equal(new FlushReport(0, null), report);
    }

    [Fact]
    public async Task Publish_WebhookFails_RetriesOnSchedule()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answers.Enqueue(500);
        receiver.Answers.Enqueue(404);
        await using var emulator = await StartAsync(Hook(receiver));

        emulator.Publish("models", [NewEvent("1")]);
        Assert.Equal(new FlushReport(1, Start.AddSeconds(10)), await emulator.FlushAsync(Cancelled).SoonAsync());
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(new FlushReport(1, Start.AddSeconds(40)), await emulator.FlushAsync(Cancelled).SoonAsync());
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(1, (await emulator.FlushAsync(Cancelled).SoonAsync()).Waiting);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new FlushReport(0, null), await emulator.FlushAsync(Cancelled).SoonAsync());

        Assert.Equal("0", (await receiver.NextAsync()).Headers["aeg-delivery-count"]);
        Assert.Equal("1", (await receiver.NextAsync()).Headers["aeg-delivery-count"]);
        Assert.Equal("2", (await receiver.NextAsync()).Headers["aeg-delivery-count"]);
        Assert.True(receiver.IsQuiet);
    }

    [Theory]
    [InlineData(500, 2, "MaxDeliveryAttemptsExceeded", "InternalServerError")]
    [InlineData(400, 1, "BadRequest", "BadRequest")]
    public async Task Publish_GivenUp_WritesDeadLetter(int answer, int attempts, string reason, string outcome)
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answers.Enqueue(answer);
        receiver.Answers.Enqueue(answer);
        var container = SharedAzurite.NewName();
        await using var emulator = await StartAsync(
            Hook(receiver) with { DeadLetterContainer = container, Retry = new RetryPolicy(MaxDeliveryAttempts: 2) });

        emulator.Publish("models", [NewEvent("1")]);
        await emulator.FlushAsync(Cancelled).SoonAsync();
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, (await emulator.FlushAsync(Cancelled).SoonAsync()).Waiting);

        var blobs = new List<string>();
        var client = new BlobContainerClient(azurite.ConnectionString, container);
        await foreach (var blob in client.GetBlobsAsync(cancellationToken: Cancelled))
        {
            blobs.Add(blob.Name);
        }

        var name = Assert.Single(blobs);
        Assert.StartsWith("MY-HOOK/2025/11/24/6/", name, StringComparison.Ordinal);
        var content = (await client.GetBlobClient(name).DownloadContentAsync(Cancelled)).Value.Content;
        var letter = Assert.Single(JsonDocument.Parse(content).RootElement.EnumerateArray());
        Assert.Equal("1", letter.GetProperty("id").GetString());
        Assert.Equal(reason, letter.GetProperty("deadletterreason").GetString());
        Assert.Equal(attempts, letter.GetProperty("deliveryattempts").GetInt32());
        Assert.Equal(outcome, letter.GetProperty("lastdeliveryoutcome").GetString());
        Assert.Equal(Start, letter.GetProperty("publishtime").GetDateTimeOffset());
    }

    [Fact]
    public async Task Publish_OlderThanTimeToLive_IsGivenUpWithoutAnotherAttempt()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answers.Enqueue(500);
        await using var emulator = await StartAsync(Hook(receiver) with { Retry = new RetryPolicy(EventTimeToLiveInMinutes: 1) });

        emulator.Publish("models", [NewEvent("1")]);
        await emulator.FlushAsync(Cancelled).SoonAsync();
        await receiver.NextAsync();
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(new FlushReport(0, null), await emulator.FlushAsync(Cancelled).SoonAsync());

        Assert.True(receiver.IsQuiet);
    }

    [Fact]
    public async Task Start_AfterACrash_DeliversWhatWasAccepted()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answers.Enqueue(503);
        var crashed = await StartAsync(Hook(receiver));
        crashed.Publish("models", [NewEvent("1")]);
        await crashed.FlushAsync(Cancelled).SoonAsync();
        await receiver.NextAsync();
        await crashed.DisposeAsync();

        await using var emulator = await StartAsync(Hook(receiver));
        await emulator.FlushAsync(Cancelled).SoonAsync();

        Assert.Equal("1", (await receiver.NextAsync()).Body.GetProperty("id").GetString());
        Assert.True(receiver.IsQuiet);
        await emulator.DisposeAsync();
        await using var third = await StartAsync(Hook(receiver));
        await third.FlushAsync(Cancelled).SoonAsync();
        Assert.True(receiver.IsQuiet);
    }

    [Fact]
    public async Task Subscribe_WebhookRefuses_AddsNothing()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.AllowedOrigin = null;
        await using var emulator = await StartAsync();

        var (result, why) = await emulator.SubscribeAsync(Hook(receiver), Cancelled);

        Assert.Equal(HandshakeResult.Refused, result);
        Assert.Contains("WebHook-Allowed-Origin", why, StringComparison.Ordinal);
        Assert.Empty(emulator.Subscriptions);
    }

    [Fact]
    public async Task Subscribe_EventGridWebhookEchoesTheCode_IsValidatedAndRemembered()
    {
        await using var receiver = await Receiver.StartAsync();
        var emulator = await StartAsync();
        var subscription = Hook(receiver) with { Schema = DeliverySchema.EventGridSchema };

        Assert.Equal((HandshakeResult.Accepted, ""), await emulator.SubscribeAsync(subscription, Cancelled));
        await emulator.DisposeAsync();

        await using var second = await StartAsync();
        second.Publish("models", [NewEvent("1")]);
        await second.FlushAsync(Cancelled).SoonAsync();
        Assert.Equal("1", Assert.Single((await receiver.NextAsync()).Body.EnumerateArray()).GetProperty("id").GetString());
    }

    [Fact]
    public async Task Subscribe_EventGridWebhookIsSilent_WaitsForTheValidationAddress()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Echoes = false;
        await using var emulator = await StartAsync();
        var (result, _) = await emulator.SubscribeAsync(Hook(receiver) with { Schema = DeliverySchema.EventGridSchema }, Cancelled);
        Assert.Equal(HandshakeResult.AwaitingManualAction, result);
        emulator.Publish("models", [NewEvent("1")]);
        await emulator.FlushAsync(Cancelled).SoonAsync();
        Assert.True(receiver.IsQuiet);

        using var http = LoopbackWeb.Client();
        using var answer = await http.GetAsync(receiver.ValidationUrl, Cancelled);
        answer.EnsureSuccessStatusCode();
        _time.Advance(TimeSpan.FromSeconds(10));
        await emulator.FlushAsync(Cancelled).SoonAsync();

        await receiver.NextAsync();
    }

    [Fact]
    public async Task Unsubscribe_WithWaitingDeliveries_DropsThem()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answers.Enqueue(500);
        await using var emulator = await StartAsync(Hook(receiver));
        emulator.Publish("models", [NewEvent("1")]);
        Assert.Equal(1, (await emulator.FlushAsync(Cancelled).SoonAsync()).Waiting);

        Assert.True(await emulator.UnsubscribeAsync("models", "my-hook", Cancelled));

        Assert.Equal(0, (await emulator.FlushAsync(Cancelled).SoonAsync()).Waiting);
        Assert.False(await emulator.UnsubscribeAsync("models", "my-hook", Cancelled));
    }
}
