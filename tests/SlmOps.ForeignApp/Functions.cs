using System.Globalization;
using System.Net;
using Azure.Storage.Queues.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Http;
using Microsoft.Extensions.Logging;

namespace ForeignApp;

public sealed record Order(string Id, int Count);

public sealed partial class Functions(Observer observer, ILogger<Functions> log)
{
    [Function("Text")]
    public Task Text([QueueTrigger("%TextQueue%")] string message, FunctionContext context, CancellationToken cancellationToken) =>
        observer.SeeAsync(context, message, cancellationToken);

    [Function("Poco")]
    public Task Poco([QueueTrigger("%PocoQueue%")] Order order, FunctionContext context, CancellationToken cancellationToken) =>
        observer.SeeAsync(context, $"{order.Id} {order.Count}", cancellationToken);

    [Function("Binary")]
    public Task Binary([QueueTrigger("%BinaryQueue%")] BinaryData body, FunctionContext context, CancellationToken cancellationToken) =>
        observer.SeeAsync(context, body.ToString(), cancellationToken);

    [Function("Message")]
    public Task Message(
        [QueueTrigger("%MessageQueue%")] QueueMessage message,
        FunctionContext context,
        CancellationToken cancellationToken
    ) => observer.SeeAsync(context, $"{message.MessageText} {message.DequeueCount} {message.InsertedOn?.Year > 2000}", cancellationToken);

    // Nothing in them: what a call costs is what the hosts and the worker cost.
    [Function("Empty")]
    public static void Empty([QueueTrigger("%EmptyQueue%")] string message) => _ = message;

    [Function("Ping")]
    public static IActionResult Ping([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) =>
        new OkObjectResult(request.Method);

    [Function("Clock")]
    [FixedDelayRetry(2, "00:00:01")]
    public Task Clock([TimerTrigger("%ClockSchedule%")] TimerInfo timer, FunctionContext context, CancellationToken cancellationToken) =>
        observer.SeeAsync(context, timer.ScheduleStatus?.Next.Month.ToString(CultureInfo.InvariantCulture) ?? "none", cancellationToken);

    [Function("Request")]
    public async Task<IActionResult> Request(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "things/{id}")] HttpRequest request,
        string id,
        FunctionContext context,
        CancellationToken cancellationToken)
    {
        Asked(log, id);
        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync(cancellationToken);
        await observer.SeeAsync(context, body, cancellationToken);
        return new OkObjectResult(new { id, body, q = request.Query["q"].ToString() });
    }

    [Function("RequestData")]
    public async Task<HttpResponseData> RequestData(
        [HttpTrigger(AuthorizationLevel.Function, "get", "post", Route = "data/{id}")] HttpRequestData request,
        string id,
        FunctionContext context,
        CancellationToken cancellationToken)
    {
        var body = await request.ReadAsStringAsync();
        await observer.SeeAsync(context, body ?? "", cancellationToken);
        var response = request.CreateResponse(HttpStatusCode.Accepted);
        response.Headers.Add("x-id", id);
        await response.WriteStringAsync($"{request.Query["q"]} {body}", cancellationToken);
        return response;
    }

    [Function("Owner")]
    public static IActionResult Owner([HttpTrigger(AuthorizationLevel.Admin, "get")] HttpRequest request) =>
        new OkObjectResult(request.Method);

    [LoggerMessage(1, LogLevel.Warning, "Thing {Id}")]
    private static partial void Asked(ILogger log, string id);
}
