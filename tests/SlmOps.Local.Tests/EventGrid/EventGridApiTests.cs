using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Messaging;
using Azure.Messaging.EventGrid;
using Microsoft.Extensions.Logging.Abstractions;
using SlmOps.Local.EventGrid;

namespace SlmOps.Local.Tests.EventGrid;

public sealed class EventGridApiTests : IAsyncLifetime
{
    private const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = LoopbackWeb.Client();
    private EventGridEmulator _emulator = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _emulator = await EventGridEmulator.StartAsync(
        new EventGridOptions(_folder.Path, Key, ["models"]), TimeProvider.System, NullLoggerFactory.Instance, Cancelled);

    public async ValueTask DisposeAsync()
    {
        await _emulator.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Publish_ClientWithKey_IsTaken()
    {
        var client = new EventGridPublisherClient(_emulator.TopicEndpoint("models"), new AzureKeyCredential(Key));

        await client.SendEventsAsync(
            [new CloudEvent("/a", "first", new { x = 1 }), new CloudEvent("/a", "second", new { x = 2 })],
            Cancelled);

        var page = await ReadAsync("");
        Assert.Equal(["first", "second"], page.Select(item => item.GetProperty("event").GetProperty("type").GetString()));
    }

    [Fact]
    public async Task Publish_ClientWithSharedAccessSignature_IsTakenUntilItExpires()
    {
        var endpoint = _emulator.TopicEndpoint("models");
        var good = new EventGridPublisherClient(endpoint, new AzureSasCredential(Token(endpoint, TimeSpan.FromHours(1))));
        var late = new EventGridPublisherClient(endpoint, new AzureSasCredential(Token(endpoint, TimeSpan.FromHours(-1))));
        var other = new EventGridPublisherClient(
            endpoint,
            new AzureSasCredential(Token(new Uri("http://elsewhere/topics/models/api/events"), TimeSpan.FromHours(1)))
        );

        await good.SendEventAsync(new CloudEvent("/a", "first", null), Cancelled);
        var refused = await Assert.ThrowsAsync<RequestFailedException>(() =>
            late.SendEventAsync(new CloudEvent("/a", "late", null), Cancelled));

        var foreign = await Assert.ThrowsAsync<RequestFailedException>(() =>
            other.SendEventAsync(new CloudEvent("/a", "late", null), Cancelled));

        Assert.Equal(401, refused.Status);
        Assert.Equal(401, foreign.Status);
        Assert.Contains("expired", refused.Message, StringComparison.Ordinal);
        Assert.Single(await ReadAsync(""));
    }

    [Fact]
    public async Task Publish_EventGridSchemaClient_BecomesCloudEvent()
    {
        var client = new EventGridPublisherClient(_emulator.TopicEndpoint("models"), new AzureKeyCredential(Key));

        await client.SendEventAsync(new EventGridEvent("subject/1", "Old.Type", "2.0", new { x = 1 }), Cancelled);

        var item = Assert.Single(await ReadAsync("")).GetProperty("event");
        Assert.Equal("1.0", item.GetProperty("specversion").GetString());
        Assert.Equal("Old.Type", item.GetProperty("type").GetString());
        Assert.Equal("#2.0", item.GetProperty("dataschema").GetString());
        Assert.Equal(1, item.GetProperty("data").GetProperty("x").GetInt32());
    }

    [Theory]
    [InlineData("nobody", Key, "application/cloudevents+json", "{}", 404)]
    [InlineData("models", "wrong", "application/cloudevents+json", "{}", 401)]
    [InlineData("models", null, "application/cloudevents+json", "{}", 401)]
    [InlineData("models", Key, "application/cloudevents+json", "{", 400)]
    [InlineData("models", Key, "application/cloudevents+json", """{"id":"1","source":"/a","type":"t"}""", 400)]
    [InlineData("models", Key, "application/cloudevents+json", """{"specversion":"1.0","id":"1","source":"/a","type":""}""", 400)]
    [InlineData("models", Key, "application/cloudevents+json", """{"specversion":"1.0","id":"1","id":"2","source":"/a","type":"t"}""", 400)]
    [InlineData(
        "models",
        Key,
        "application/cloudevents+json",
        """{"specversion":"1.0","id":"1","source":"/a","type":"t","time":"noon"}""",
        400)]
    [InlineData(
        "models",
        Key,
        "application/cloudevents-batch+json",
        """[{"specversion":"1.0","id":"1","source":"/a","type":"t"},7]""",
        400)]
    [InlineData("models", Key, "application/json", """[{"id":"1","eventType":"t","subject":"s"}]""", 400)]
    [InlineData("models", Key, "text/plain", "x", 415)]
    [InlineData("models", Key, "application/cloudevents+json", """{"specversion":"1.0","id":"1","source":"/a","type":"t"}""", 200)]
    public async Task Publish_ByHand_AnswersWithTheRightStatus(
        string topic, string? key, string contentType, string body, int status)
    {
        using var response = await PostAsync(topic, key, contentType, Encoding.UTF8.GetBytes(body));

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Publish_BinaryMode_IsTaken()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _emulator.TopicEndpoint("models"))
        {
            Content = new ByteArrayContent([1, 2, 3]),
            Headers =
            {
                { "aeg-sas-key", Key },
                { "ce-specversion", "1.0" },
                { "ce-id", "7" },
                { "ce-source", "/a" },
                { "ce-type", "raw" },
                { "ce-traceparent", "00-x" },
            },
        };
        request.Content.Headers.ContentType = new("application/octet-stream");
        using var response = await _http.SendAsync(request, Cancelled);

        response.EnsureSuccessStatusCode();
        var item = Assert.Single(await ReadAsync("")).GetProperty("event");
        Assert.Equal("AQID", item.GetProperty("data_base64").GetString());
        Assert.Equal("00-x", item.GetProperty("traceparent").GetString());
    }

    [Fact]
    public async Task Publish_TooLargeOrTooMany_IsRefusedAsAWhole()
    {
        using var large = await PostAsync("models", Key, "application/cloudevents+json", new byte[EventReader.MaxBytes + 1]);
        var many =
            "["
            + string.Join(",", Enumerable.Repeat("""{"specversion":"1.0","id":"1","source":"/a","type":"t"}""", EventReader.MaxEvents + 1))
            + "]";
        using var tooMany = await PostAsync("models", Key, "application/cloudevents-batch+json", Encoding.UTF8.GetBytes(many));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, tooMany.StatusCode);
        Assert.Empty(await ReadAsync(""));
    }

    [Fact]
    public async Task Events_LongPoll_ReturnsWhenAMatchComes()
    {
        await PublishAsync("1", "other", "/x");
        var waiting = ReadAsync("after=1&type=model.*&subject=/models/", wait: 60);
        await PublishAsync("2", "model.ready", "/other/");
        await PublishAsync("3", "model.ready", "/models/a");

        var item = Assert.Single(await waiting.SoonAsync());

        Assert.Equal("3", item.GetProperty("event").GetProperty("id").GetString());
        Assert.Equal(3, item.GetProperty("number").GetInt64());
    }

    [Fact]
    public async Task Events_SameSourceAndId_AreLoggedOnce()
    {
        await PublishAsync("1", "t", "/x");
        await PublishAsync("1", "t", "/x");
        await PublishAsync("2", "t", "/x");

        Assert.Equal(2, (await ReadAsync("")).Length);
    }

    [Fact]
    public async Task Put_Subscription_IsCheckedAndAdded()
    {
        await using var receiver = await Receiver.StartAsync();
        using var wrong = await PutAsync(new { webhook = "ftp://x", maxDeliveryAttempts = 99 });
        using var unknown = await PutAsync(new { webhook = receiver.Url, colour = "red" });
        using var right = await PutAsync(new { webhook = receiver.Url, includedEventTypes = new[] { "t" } });

        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        var message = await wrong.Content.ReadAsStringAsync(Cancelled);
        Assert.Contains("maxDeliveryAttempts", message, StringComparison.Ordinal);
        Assert.Contains("webhook", message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.Equal(HttpStatusCode.Created, right.StatusCode);
        await PublishAsync("1", "t", "/x");
        using var flushed = await SendAsync(HttpMethod.Post, "__flush", Key);
        flushed.EnsureSuccessStatusCode();
        Assert.Equal("1", (await receiver.NextAsync()).Body.GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("POST", "__flush")]
    [InlineData("GET", "__events?wait=0")]
    [InlineData("GET", "__subscriptions")]
    public async Task Tools_WithoutTheKey_AreNotOpen(string method, string path)
    {
        foreach (var (key, status) in new[] { (null, 401), ("wrong", 401), (Key, 200) })
        {
            using var response = await SendAsync(new(method), path, key);

            Assert.Equal(status, (int)response.StatusCode);
        }
    }

    // As the publisher library writes it: lower-case escapes, a date in US English with a narrow no-break space.
    private static string Token(Uri resource, TimeSpan left)
    {
        static string Escape(string text) => WebUtility.UrlEncode(text).Replace("%E2%80%AF", "%e2%80%af", StringComparison.Ordinal);
        var expires = (TimeProvider.System.GetUtcNow() + left).UtcDateTime.ToString(
            "M/d/yyyy h:mm:ss\u202ftt",
            CultureInfo.InvariantCulture);
        var signed = $"r={Escape(resource + "?api-version=2018-01-01")}&e={Escape(expires)}";
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(Key), Encoding.UTF8.GetBytes(signed)));
        return $"{signed}&s={Escape(signature)}";
    }

    private async Task<HttpResponseMessage> PutAsync(object subscription)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(_emulator.Url, "topics/models/subscriptions/mine"))
        {
            Content = JsonContent.Create(subscription),
            Headers = { { "aeg-sas-key", Key } },
        };
        return await _http.SendAsync(request, Cancelled);
    }

    private async Task PublishAsync(string id, string type, string subject)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new { specversion = "1.0", id, source = "/a", type, subject });
        using var response = await PostAsync("models", Key, "application/cloudevents+json", json);
        response.EnsureSuccessStatusCode();
    }

    private async Task<HttpResponseMessage> PostAsync(string topic, string? key, string contentType, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _emulator.TopicEndpoint(topic))
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new(contentType);
        if (key is not null)
        {
            request.Headers.Add("aeg-sas-key", key);
        }

        return await _http.SendAsync(request, Cancelled);
    }

    private async Task<JsonElement[]> ReadAsync(string query, int wait = 0)
    {
        using var response = await SendAsync(HttpMethod.Get, $"__events?wait={wait}&{query}", Key);
        var json = await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        return [.. json.GetProperty("events").EnumerateArray()];
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? key)
    {
        using var request = new HttpRequestMessage(method, new Uri(_emulator.Url, path));
        if (key is not null)
        {
            request.Headers.Add("aeg-sas-key", key);
        }

        return await _http.SendAsync(request, Cancelled);
    }
}
