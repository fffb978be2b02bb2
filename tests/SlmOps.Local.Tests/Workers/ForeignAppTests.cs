using System.Diagnostics;
using System.Net;
using Azure.Storage.Queues;

namespace SlmOps.Local.Tests.Workers;

/// <summary>An app that knows nothing of SlmOps, built like any other, in a real worker process.</summary>
public sealed class ForeignAppTests(SharedAzurite azurite)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Queues_EveryParameterType_GetsItsMessage()
    {
        await using var app = await ForeignApp.StartAsync(azurite);
        await app.QueueOf["Text"].SendMessageAsync("plain ä", Cancelled);
        await app.QueueOf["Poco"].SendMessageAsync("""{"Id":"a1","Count":3}""", Cancelled);
        await app.QueueOf["Binary"].SendMessageAsync("bytes", Cancelled);
        await app.QueueOf["Message"].SendMessageAsync("whole", Cancelled);

        var seen = new Dictionary<string, Seen>();
        for (var call = 0; call < 4; call++)
        {
            var one = await app.Watcher.NextAsync();
            seen.Add(one.Function, one);
        }

        Assert.Equal("plain ä", seen["Text"].Data);
        Assert.Equal("a1 3", seen["Poco"].Data);
        Assert.Equal("bytes", seen["Binary"].Data);
        Assert.Equal("whole 1 True", seen["Message"].Data);
        Assert.All(seen.Values, call => Assert.Equal((app.Host.WorkerProcessId, "1"), (call.Process, call.DequeueCount)));
        foreach (var queue in app.QueueOf.Values)
        {
            await EmptyAsync(queue);
        }
    }

    [Fact]
    public async Task Function_FailsEveryTime_ItsMessageBecomesPoison()
    {
        await using var app = await ForeignApp.StartAsync(azurite);
        app.Watcher.Answer = _ => "fail";
        await app.QueueOf["Text"].SendMessageAsync("bad", Cancelled);

        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Assert.Equal($"{attempt}", (await app.Watcher.NextAsync()).DequeueCount);
        }

        await EmptyAsync(app.QueueOf["Text"]);
        var poison = new QueueClient(
            azurite.ConnectionString,
            app.QueueOf["Text"].Name + "-poison",
            new() { MessageEncoding = QueueMessageEncoding.Base64 }
        );
        Assert.Equal("bad", (await poison.ReceiveMessageAsync(cancellationToken: Cancelled)).Value.Body.ToString());
    }

    [Fact]
    public async Task Timer_FailsWithARetryAttribute_IsTriedSoOften()
    {
        await using var app = await ForeignApp.StartAsync(azurite);
        app.Watcher.Answer = _ => "fail";

        Assert.True(await app.Host.FireTimerAsync("clock"));

        for (var retry = 0; retry <= 2; retry++)
        {
            var seen = await app.Watcher.NextAsync();
            Assert.Equal(("Clock", "1", retry), (seen.Function, seen.Data, seen.Retry));
        }

        Assert.Equal(3, app.Watcher.All.Count);
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("no")]
    public async Task Http_RequestData_CarriesBodyQueryRouteAndHeadersBothWays(string web)
    {
        await using var app = await ForeignApp.StartAsync(azurite, more: ("WEB", web));
        using var http = LoopbackWeb.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(app.Host.Url, "api/data/seven?q=x%20y"))
        {
            Content = new StringContent("body ä"),
        };
        request.Headers.Add("x-functions-key", "function-key");

        using var response = await http.SendAsync(request, Cancelled);

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("seven", Assert.Single(response.Headers.GetValues("x-id")));
        Assert.Equal("x y body ä", await response.Content.ReadAsStringAsync(Cancelled));
    }

    [Fact]
    public async Task Worker_KilledInTheMiddle_AnotherOneTakesItsMessage()
    {
        await using var app = await ForeignApp.StartAsync(azurite);
        app.Watcher.Answer = seen => seen.DequeueCount == "1" ? "wait" : "";
        await app.QueueOf["Text"].SendMessageAsync("killed", Cancelled);
        var first = await app.Watcher.NextAsync();

        using (var worker = Process.GetProcessById(first.Process))
        {
            worker.Kill();
        }

        var second = await app.Watcher.NextAsync();
        Assert.Equal(("killed", "2"), (second.Data, second.DequeueCount));
        Assert.NotEqual(first.Process, second.Process);
        Assert.Equal(app.Host.WorkerProcessId, second.Process);
        await EmptyAsync(app.QueueOf["Text"]);
    }

    [Fact]
    public async Task Function_IgnoresItsTimeLimit_TheWorkerIsRestartedWithItsSiblings()
    {
        await using var app = await ForeignApp.StartAsync(azurite, more: ("AzureFunctionsJobHost__functionTimeout", "00:00:03"));
        app.Watcher.Answer = seen => seen.DequeueCount == "1" ? "ignore" : "";
        await app.QueueOf["Text"].SendMessageAsync("deaf", Cancelled);
        var first = await app.Watcher.NextAsync();

        var second = await app.Watcher.NextAsync();

        Assert.Equal("2", second.DequeueCount);
        Assert.NotEqual(first.Process, second.Process);
    }

    [Fact]
    public async Task Stop_FunctionRuns_ItsTokenIsCancelledAndTheWorkerEnds()
    {
        await using var app = await ForeignApp.StartAsync(azurite);
        app.Watcher.Answer = seen => seen.Data == "cancelled" ? "" : "wait";
        await app.QueueOf["Text"].SendMessageAsync("stopped", Cancelled);
        var running = await app.Watcher.NextAsync();
        using var worker = Process.GetProcessById(running.Process);

        await app.Host.StopAsync().SoonAsync();
        await app.Host.DisposeAsync();

        Assert.Equal("cancelled", (await app.Watcher.NextAsync()).Data);
        Assert.True(worker.HasExited);
        await Until.HoldsAsync(
            async () => (await app.QueueOf["Text"].ReceiveMessagesAsync(1, cancellationToken: Cancelled)).Value is [{ DequeueCount: 2 }],
            "the message is released");
    }

    private static Task EmptyAsync(QueueClient queue) => Until.HoldsAsync(
        async () => (await queue.GetPropertiesAsync(Cancelled)).Value.ApproximateMessagesCount == 0, $"queue {queue.Name} is empty");
}
