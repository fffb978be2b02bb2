using System.Diagnostics;
using System.Net;
using SlmOps.Local.Tests.Workers;

namespace SlmOps.Local.Tests.FunctionsHost;

/// <summary>The host's web server before a real worker.</summary>
public sealed class HttpFunctionsTests(SharedAzurite azurite) : IAsyncLifetime
{
    private readonly HttpClient _http = LoopbackWeb.Client();
    private ForeignApp _app = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await ForeignApp.StartAsync(azurite, more: ("AzureWebJobs.Clock.Disabled", "true"));

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    [Fact]
    public async Task Send_EveryLevel_DecidesWhoMayCall()
    {
        (string Method, string Path, string? Key, int Status)[] cases =
        [
            ("GET", "api/data/1", null, 401),
            ("GET", "api/data/1", "wrong", 401),
            ("GET", "api/data/1", "function-key", 202),
            ("GET", "api/data/1?code=function-key", null, 202),
            ("GET", "api/data/1", "master-key", 202),
            ("PUT", "api/data/1", "function-key", 405),
            ("GET", "api/Owner", "function-key", 401),
            ("GET", "api/Owner", "master-key", 200),
            ("GET", "api/Nothing", "master-key", 404),
            ("GET", "admin/host/status", "function-key", 401),
            ("GET", "admin/host/status", "master-key", 200),
            ("GET", "admin/functions", "master-key", 200),
            ("POST", "admin/functions/Clock", "master-key", 404),
            ("GET", "healthz", null, 200),
        ];
        foreach (var (method, path, key, status) in cases)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(_app.Host.Url, path));
            if (key is not null)
            {
                request.Headers.Add("x-functions-key", key);
            }

            using var response = await _http.SendAsync(request, Cancelled);

            Assert.Equal((method, path, key, status), (method, path, key, (int)response.StatusCode));
        }
    }

    [Fact]
    public async Task Post_AnonymousFunction_GetsBodyRouteQueryAndTrace()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_app.Host.Url, "api/things/seven?q=x"))
        {
            Content = new StringContent("hello"),
        };
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using var response = await _http.SendAsync(request, Cancelled);

        Assert.Equal("""{"id":"seven","body":"hello","q":"x"}""", await response.Content.ReadAsStringAsync(Cancelled));
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", (await _app.Watcher.NextAsync()).Traceparent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_FunctionThrows_Is500WithoutDetails()
    {
        _app.Watcher.Answer = _ => "fail";
        using var response = await _http.PostAsync(new Uri(_app.Host.Url, "api/things/1"), null, Cancelled);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.DoesNotContain("as told", await response.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_ClientGoesAway_CancelsTheFunction()
    {
        _app.Watcher.Answer = seen => seen.Data == "cancelled" ? "" : "wait";
        using var away = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var request = _http.PostAsync(new Uri(_app.Host.Url, "api/things/1"), null, away.Token);
        await _app.Watcher.NextAsync();

        await away.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        Assert.Equal("cancelled", (await _app.Watcher.NextAsync()).Data);
    }

    [Fact]
    public async Task Post_WorkerDies_FailsAndTheNextOneIsServed()
    {
        _app.Watcher.Answer = seen => seen.Data == "first" ? "wait" : "";
        var request = _http.PostAsync(new Uri(_app.Host.Url, "api/things/1"), new StringContent("first"), Cancelled);
        var seen = await _app.Watcher.NextAsync();

        using (var worker = Process.GetProcessById(seen.Process))
        {
            worker.Kill();
        }

        using var failed = await request;
        using var served = await _http.PostAsync(new Uri(_app.Host.Url, "api/things/2"), new StringContent("second"), Cancelled);
        Assert.Contains(failed.StatusCode, (HttpStatusCode[])[HttpStatusCode.InternalServerError, HttpStatusCode.BadGateway]);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }
}
