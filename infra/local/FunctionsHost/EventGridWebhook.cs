using System.Text.Json;
using Azure.Messaging;
using Microsoft.AspNetCore.Http;

namespace SlmOps.Local.FunctionsHost;

/// <summary>
/// <c>/runtime/webhooks/eventgrid?functionName=Name</c>: answers both handshakes, runs a function for each event of a
/// notification, all at once, and fails the whole request when one fails.
/// </summary>
internal sealed class EventGridWebhook(IReadOnlyDictionary<string, FunctionDescriptor> functions, Invoker invoker, HostKeys keys)
{
    private const int MaxBytes = 2 * 1024 * 1024;

    public async Task<IResult> HandleAsync(HttpContext context)
    {
        var request = context.Request;
        if (!HostKeys.Opens(request, keys.EventGrid, keys.Master))
        {
            return Results.StatusCode(StatusCodes.Status401Unauthorized);
        }

        if (!functions.TryGetValue(request.Query["functionName"].ToString(), out var function))
        {
            return Results.NotFound();
        }

        if (HttpMethods.IsOptions(request.Method))
        {
            return Allow(context);
        }

        switch (request.Headers["aeg-event-type"].ToString().ToUpperInvariant())
        {
            case "SUBSCRIPTIONVALIDATION":
                return await BodyAsync(context) is { } question && ValidationCode(question) is { } code
                    ? Results.Json(new { validationResponse = code })
                    : Results.BadRequest();
            case "NOTIFICATION":
                return await BodyAsync(context) is { } body ? await NotifyAsync(function, body, context.RequestAborted) : Results.BadRequest();
            case "UNSUBSCRIBE":
                return Results.Accepted();
            default:
                return Results.BadRequest();
        }
    }

    private static IResult Allow(HttpContext context)
    {
        if (!context.Request.Headers.TryGetValue("WebHook-Request-Origin", out var origin))
        {
            return Results.BadRequest();
        }

        context.Response.Headers["WebHook-Allowed-Origin"] = origin;
        context.Response.Headers["WebHook-Allowed-Rate"] = "*";
        context.Response.Headers.Allow = "POST";
        return Results.Ok();
    }

    private static async Task<JsonElement?> BodyAsync(HttpContext context)
    {
        try
        {
            if (await BoundedBody.ReadAsync(context.Request, MaxBytes, context.RequestAborted) is not { } bytes)
            {
                return null;
            }

            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Event Grid schema: [{"data":{"validationCode":"…"}}]; CloudEvents: {"data":"{\"validationCode\":\"…\"}"}
    private static string? ValidationCode(JsonElement body)
    {
        try
        {
            var item = body.ValueKind == JsonValueKind.Array ? body.EnumerateArray().FirstOrDefault() : body;
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("data", out var data))
            {
                return null;
            }

            if (data.ValueKind == JsonValueKind.String)
            {
                using var inner = JsonDocument.Parse(data.GetString()!);
                data = inner.RootElement.Clone();
            }

            return data.ValueKind == JsonValueKind.Object && data.TryGetProperty("validationCode", out var code)
                ? code.GetString()
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private async Task<IResult> NotifyAsync(FunctionDescriptor function, JsonElement body, CancellationToken cancellationToken)
    {
        var items = body.ValueKind == JsonValueKind.Array ? body.EnumerateArray().ToArray() : [body];
        var batched = ((Trigger.EventGrid)function.Trigger).IsBatched;
        var invocations = batched ? [Batch(function, items)] : items.Select(item => Single(function, item)).ToArray();
        var results = await Task.WhenAll(invocations.Select(invocation => invoker.RunAsync(function, invocation, cancellationToken)));
        return results.All(result => result.Succeeded)
            ? Results.Accepted()
            : Results.StatusCode(StatusCodes.Status500InternalServerError);
    }

    private static Invocation Single(FunctionDescriptor function, JsonElement item) => new(
        () => Bind(function.TriggerParameter.ParameterType, item.GetRawText(), () => Parse(item)),
        new Dictionary<string, object?>(),
        TraceContextReader.FromJson(item));

    private static Invocation Batch(FunctionDescriptor function, JsonElement[] items) => new(
        () => Bind(
            function.TriggerParameter.ParameterType,
            $"[{string.Join(",", items.Select(item => item.GetRawText()))}]",
            () => items.Select(Parse).ToArray()),
        new Dictionary<string, object?>(),
        items.Length > 0 ? TraceContextReader.FromJson(items[0]) : default);

    private static object Bind(Type wanted, string json, Func<object> events) =>
        wanted == typeof(string) ? json : wanted == typeof(BinaryData) ? BinaryData.FromString(json) : events();

    private static CloudEvent Parse(JsonElement item) => CloudEvent.Parse(BinaryData.FromString(item.GetRawText()))
        ?? throw new JsonException("The event is null.");
}
