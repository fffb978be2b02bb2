#!/usr/bin/env bash
# Microsoft.Azure.WebJobs.Extensions.Storage.Queues 5.3.10 (NuGet), the queue listener of the Azure Functions host: while a function
# runs, its message is hidden for ten minutes more every five. When storage answers one such renewal with a server error, and goes on
# doing so over the client's own retries, the renewal is to be tried again sooner: the listener has a strategy for that. What happens
# is that the error leaves the listener as an unhandled exception, which ends the process by default, and nothing is tried again.
# Seen, after five minutes: "unhandled: RequestFailedException 500", and no renewal in the minute and a half after it, in which
# the sooner one would have come. Exits with an error when that changes. Needs the .NET 10 SDK; takes seven minutes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >listener.cs <<'EOF'
#:sdk Microsoft.NET.Sdk.Web
#:package Microsoft.Azure.WebJobs@3.0.48
#:package Microsoft.Azure.WebJobs.Extensions.Storage.Queues@5.3.10
#:property ManagePackageVersionsCentrally=false
#:property PublishAot=false
#:property Nullable=disable
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Host;
using Microsoft.Azure.WebJobs.Host.Timers;

// A storage queue with one message; every renewal fails.
var (served, renewals, lastRenewal) = (0, 0, 0L);
var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
var storage = builder.Build();
storage.Urls.Add("http://127.0.0.1:0");
storage.Run(async context =>
{
    var response = context.Response;
    if (context.Request.Method == "PUT")
    {
        (renewals, lastRenewal) = (renewals + 1, Stopwatch.GetTimestamp());
        response.StatusCode = 500;
        return;
    }

    response.ContentType = "application/xml";
    response.Headers["x-ms-approximate-messages-count"] = "1";
    var times = "<InsertionTime>Sun, 01 Jan 2040 00:00:00 GMT</InsertionTime><ExpirationTime>Mon, 02 Jan 2040 00:00:00 GMT</ExpirationTime>"
        + "<TimeNextVisible>Sun, 01 Jan 2040 00:10:00 GMT</TimeNextVisible>";
    var message = "<QueueMessage><MessageId>0b1a7b7e-0000-0000-0000-000000000001</MessageId>" + times
        + "<PopReceipt>r</PopReceipt><DequeueCount>1</DequeueCount><MessageText>bQ==</MessageText></QueueMessage>";
    if (context.Request.Path.Value.EndsWith("/messages"))
    {
        await response.WriteAsync($"<QueueMessagesList>{(served++ == 0 ? message : "")}</QueueMessagesList>");
    }
});
await storage.StartAsync();

var seen = new Seen();
var host = new HostBuilder()
    .ConfigureAppConfiguration(configuration => configuration.AddInMemoryCollection(new Dictionary<string, string>
    {
        ["AzureWebJobsStorage"] = $"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;QueueEndpoint={storage.Urls.First()}/a",
    }))
    .ConfigureWebJobs(jobs => jobs.AddAzureStorageQueues())
    .ConfigureServices(services => services
        .AddSingleton<ITypeLocator, OnlyThat>()
        .AddSingleton<IWebJobsExceptionHandlerFactory>(seen))
    .Build();
await host.StartAsync();
var error = await seen.Error.Task.WaitAsync(TimeSpan.FromMinutes(10));
var (before, since) = (renewals, lastRenewal);
await Task.Delay(TimeSpan.FromSeconds(90));
Console.WriteLine($"unhandled: {error}; renewals after it: {renewals - before}");
Environment.Exit(0);

public sealed class Functions
{
    public async Task Run([QueueTrigger("work")] string message) => await Task.Delay(TimeSpan.FromHours(1));
}

sealed class OnlyThat : ITypeLocator
{
    public IReadOnlyList<Type> GetTypes() => [typeof(Functions)];
}

sealed class Seen : IWebJobsExceptionHandlerFactory, IWebJobsExceptionHandler
{
    public TaskCompletionSource<string> Error { get; } = new();

    public IWebJobsExceptionHandler Create(IHost host) => this;

    public Task OnTimeoutExceptionAsync(ExceptionDispatchInfo info, TimeSpan grace) => OnUnhandledExceptionAsync(info);

    public Task OnUnhandledExceptionAsync(ExceptionDispatchInfo info)
    {
        var what = info.SourceException;
        Error.TrySetResult(what is Azure.RequestFailedException failed ? $"RequestFailedException {failed.Status}" : what.GetType().Name);
        return Task.CompletedTask;
    }
}
EOF
answer=$(dotnet run listener.cs)
echo "$answer"
[ "$answer" = "unhandled: RequestFailedException 500; renewals after it: 0" ]
