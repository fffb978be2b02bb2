using System.Net;
using System.Text;
using Azure.Messaging;

namespace SlmOps.Local.Tests.FunctionsHost;

public sealed class HttpFunctionsTests : IAsyncLifetime
{
    private readonly Script _script = new();
    private readonly HttpClient _http = LoopbackWeb.Client();
    private Local.FunctionsHost.EmbeddedFunctionsHost _host = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await TestHost.StartAsync(
        _script,
        [typeof(HttpTriggers), typeof(EventTrigger), typeof(ClockTrigger)],
        new() { ["schedule"] = "01:00:00", ["AzureWebJobs.Clock.Disabled"] = "true" });

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _http.Dispose();
    }

    [Fact]
    public async Task Get_AnonymousFunction_GetsRouteValueAndQuery()
    {
        var text = await _http.GetStringAsync(new Uri(_host.Url, "api/v1/things/seven?q=x"), Cancelled);

        Assert.Equal("""{"id":"seven"}""", text);
        Assert.Equal("x", (await _script.NextAsync()).Data);
    }

    [Theory]
    [InlineData("POST", "api/Closed", null, 401)]
    [InlineData("POST", "api/Closed", "wrong", 401)]
    [InlineData("POST", "api/Closed", "grid-key", 401)]
    [InlineData("POST", "api/Closed", "function-key", 204)]
    [InlineData("POST", "api/Closed?code=function-key", null, 204)]
    [InlineData("POST", "api/Closed", "master-key", 204)]
    [InlineData("GET", "api/Closed", "function-key", 405)]
    [InlineData("GET", "api/Owner", "function-key", 401)]
    [InlineData("GET", "api/Owner", "master-key", 200)]
    [InlineData("GET", "api/Nothing", "master-key", 404)]
    [InlineData("GET", "admin/host/status", "function-key", 401)]
    [InlineData("GET", "admin/host/status", "master-key", 200)]
    [InlineData("GET", "admin/functions", "master-key", 200)]
    [InlineData("POST", "admin/functions/Clock", "master-key", 404)]
    [InlineData("GET", "healthz", null, 200)]
    public async Task Send_Level_DecidesWhoMayCall(string method, string path, string? key, int status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(_host.Url, path));
        if (key is not null)
        {
            request.Headers.Add("x-functions-key", key);
        }

        using var response = await _http.SendAsync(request, Cancelled);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Get_FunctionThrows_Is500WithoutDetails()
    {
        _script.Act = (_, _) => throw new InvalidOperationException("a secret");
        using var response = await _http.GetAsync(new Uri(_host.Url, "api/v1/things/1"), Cancelled);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync(Cancelled));
    }

    private const string CloudEventJson = """{"specversion":"1.0","id":"1","source":"/a","type":"t","data":{"x":1}}""";

    [Theory]
    [InlineData("Event", null, "Notification", CloudEventJson, 401)]
    [InlineData("Nobody", "grid-key", "Notification", CloudEventJson, 404)]
    [InlineData("Open", "grid-key", "Notification", CloudEventJson, 404)]
    [InlineData("Event", "grid-key", null, CloudEventJson, 400)]
    [InlineData("Event", "grid-key", "Other", CloudEventJson, 400)]
    [InlineData("Event", "grid-key", "Notification", "{", 400)]
    [InlineData("Event", "grid-key", "Notification", "{}", 500)]
    [InlineData("Event", "grid-key", "Notification", CloudEventJson, 202)]
    [InlineData("Event", "master-key", "notification", "[" + CloudEventJson + "]", 202)]
    [InlineData("Event", "grid-key", "Unsubscribe", "", 202)]
    public async Task Webhook_Request_AnswersAsTheRealExtension(string function, string? key, string? type, string body, int status)
    {
        using var response = await PostAsync(function, key, type, body);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("""[{"id":"1","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"abc"}}]""")]
    [InlineData("""{"id":"1","type":"Microsoft.EventGrid.SubscriptionValidationEvent","data":"{\"validationCode\":\"abc\"}"}""")]
    public async Task Webhook_Validation_EchoesTheCode(string body)
    {
        using var response = await PostAsync("Event", "grid-key", "SubscriptionValidation", body);

        Assert.Equal("""{"validationResponse":"abc"}""", await response.Content.ReadAsStringAsync(Cancelled));
    }

    [Fact]
    public async Task Webhook_Options_AllowsTheOrigin()
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Options, new Uri(_host.Url, "runtime/webhooks/eventgrid?functionName=Event&code=grid-key"));
        request.Headers.Add("WebHook-Request-Origin", "eventgrid.azure.net");
        using var response = await _http.SendAsync(request, Cancelled);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("eventgrid.azure.net", Assert.Single(response.Headers.GetValues("WebHook-Allowed-Origin")));
    }

    [Fact]
    public async Task Webhook_OneOfTwoEventsFails_WholeRequestFailsAndBothRan()
    {
        _script.Act = (call, _) => ((CloudEvent)call.Data!).Id == "1" ? throw new InvalidOperationException("no") : Task.CompletedTask;
        using var response = await PostAsync(
            "Event", "grid-key", "Notification", $"[{CloudEventJson},{CloudEventJson.Replace("\"1\"", "\"2\"", StringComparison.Ordinal)}]");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        await _script.NextAsync();
        await _script.NextAsync();
    }

    [Fact]
    public async Task Webhook_BatchedFunction_GetsAllEventsAtOnce()
    {
        using var response = await PostAsync("EventBatch", "grid-key", "Notification", $"[{CloudEventJson},{CloudEventJson}]");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal(2, ((CloudEvent[])(await _script.NextAsync()).Data!).Length);
    }

    private async Task<HttpResponseMessage> PostAsync(string function, string? key, string? type, string body)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri(_host.Url, $"runtime/webhooks/eventgrid?functionName={function}&code={key}"))
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (type is not null)
        {
            request.Headers.Add("aeg-event-type", type);
        }

        return await _http.SendAsync(request, Cancelled);
    }
}
