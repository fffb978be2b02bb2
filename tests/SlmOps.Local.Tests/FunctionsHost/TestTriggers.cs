using Azure.Messaging;
using Azure.Storage.Queues.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace SlmOps.Local.Tests.FunctionsHost;

public sealed class TextTrigger(Script script)
{
    [Function("Text")]
    public Task Run([QueueTrigger("%queue%", Connection = "Data")] string message, FunctionContext context, CancellationToken cancellationToken) =>
        script.RunAsync(message, context, cancellationToken);
}

public sealed record Order(string Id, int Count);

public sealed class OrderTrigger(Script script)
{
    [Function("Order")]
    public Task Run([QueueTrigger("%queue%", Connection = "Data")] Order message, FunctionContext context, CancellationToken cancellationToken) =>
        script.RunAsync(message, context, cancellationToken);
}

public sealed class MessageTrigger(Script script)
{
    [Function("Message")]
    public Task Run([QueueTrigger("%queue%", Connection = "Data")] QueueMessage message, FunctionContext context) =>
        script.RunAsync(message, context, context.CancellationToken);
}

public sealed class BinaryTrigger(Script script)
{
    [Function("Binary")]
    public Task Run([QueueTrigger("%queue%", Connection = "Data")] BinaryData message, FunctionContext context) =>
        script.RunAsync(message, context, context.CancellationToken);
}

public sealed class EventTrigger(Script script)
{
    [Function("Event")]
    public Task Run([EventGridTrigger] CloudEvent item, FunctionContext context, CancellationToken cancellationToken) =>
        script.RunAsync(item, context, cancellationToken);

    [Function("EventBatch")]
    public Task RunBatch([EventGridTrigger(IsBatched = true)] CloudEvent[] items, FunctionContext context, CancellationToken cancellationToken) =>
        script.RunAsync(items, context, cancellationToken);
}

public sealed class ClockTrigger(Script script)
{
    [Function("Clock")]
    public Task Run([TimerTrigger("%schedule%", RunOnStartup = true)] TimerInfo timer, FunctionContext context, CancellationToken cancellationToken) =>
        script.RunAsync(timer, context, cancellationToken);
}

public sealed class HttpTriggers(Script script)
{
    [Function("Open")]
    public async Task<IResult> Open(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/things/{id}")] HttpRequest request, string id, FunctionContext context)
    {
        await script.RunAsync(request.Query["q"].ToString(), context, context.CancellationToken);
        return Results.Json(new { id });
    }

    [Function("Closed")]
    public async Task<IResult> Closed([HttpTrigger(AuthorizationLevel.Function, "post")] HttpRequest request, FunctionContext context)
    {
        await script.RunAsync(request.Method, context, context.CancellationToken);
        return Results.NoContent();
    }

    [Function("Owner")]
    public static Task<IResult> Owner([HttpTrigger(AuthorizationLevel.Admin, "get")] HttpRequest request) =>
        Task.FromResult(Results.Text("owner"));
}
