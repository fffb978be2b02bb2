using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;

namespace SlmOps.Local.EventGrid;

/// <summary>The HTTP side of the emulator.</summary>
internal static class EventGridApi
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    public static void Map(IEndpointRouteBuilder routes, EventGridEmulator emulator)
    {
        routes.MapPost("/topics/{topic}/api/events", (HttpContext context, string topic) => PublishAsync(context, topic, emulator));
        routes.MapPut(
            "/topics/{topic}/subscriptions/{name}",
            (HttpContext context, string topic, string name) => SubscribeAsync(context, topic, name, emulator));
        routes.MapDelete(
            "/topics/{topic}/subscriptions/{name}",
            (HttpContext context, string topic, string name) => UnsubscribeAsync(context, topic, name, emulator));
        routes.MapGet(
            "/topics/{topic}/subscriptions/{name}/validate",
            (string topic, string name, string code) => emulator.Validate(topic, name, code)
                ? Results.Text("The subscription is validated.")
                : Refuse(400, "BadRequest", "No such subscription, or the code is not the one that was sent."));
        // Webhook addresses carry keys, so that listing takes one too.
        Keyed(routes, emulator).MapGet("/__subscriptions", () => Results.Json(
            emulator.Subscriptions.Select(item => new
            {
                subscription = SubscriptionLine.From(item.Subscription),
                validated = item.Validated,
            }),
            SubscriptionLine.Json));
        MapTools(routes, emulator);
    }

    /// <summary>The routes that only a local emulator has.</summary>
    public static void MapTools(IEndpointRouteBuilder routes, EventGridEmulator emulator)
    {
        var tools = Keyed(routes, emulator);
        tools.MapPost("/__flush", async (CancellationToken cancellationToken) =>
            Results.Json(await emulator.FlushAsync(cancellationToken)));
        tools.MapGet("/__events", (HttpContext context, CancellationToken cancellationToken) =>
            EventsAsync(context, emulator, cancellationToken));
    }

    /// <summary>Routes for whoever has the key of the topics.</summary>
    private static RouteGroupBuilder Keyed(IEndpointRouteBuilder routes, EventGridEmulator emulator) =>
        routes.MapGroup("").AddEndpointFilter(async (context, next) => KeyFault(context.HttpContext.Request, emulator) is { } fault
            ? Refuse(401, "Unauthorized", fault)
            : await next(context));

    private static async Task<IResult> EventsAsync(HttpContext context, EventGridEmulator emulator, CancellationToken cancellationToken)
    {
        var query = context.Request.Query;
        if (!TryNumber(query["after"], 0, out var after) || !TryNumber(query["wait"], 20, out var seconds))
        {
            return Refuse(400, "BadRequest", "'after' and 'wait' are whole numbers from 0.");
        }

        var wait = seconds < MaxWait.TotalSeconds ? TimeSpan.FromSeconds(seconds) : MaxWait;
        return Results.Json(await emulator.Log.ReadAsync(after, query["type"], query["subject"], wait, cancellationToken));
    }

    private static bool TryNumber(string? text, long otherwise, out long number)
    {
        number = otherwise;
        return string.IsNullOrEmpty(text)
            || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 0);
    }

    private static async Task<IResult> PublishAsync(HttpContext context, string topic, EventGridEmulator emulator)
    {
        var request = context.Request;
        if (!emulator.HasTopic(topic))
        {
            return Refuse(404, "ResourceNotFound", $"Topic '{topic}' does not exist.");
        }

        if (KeyFault(request, emulator) is { } fault)
        {
            return Refuse(401, "Unauthorized", fault);
        }

        if (await BoundedBody.ReadAsync(request, EventReader.MaxBytes, context.RequestAborted) is not { } body)
        {
            return Refuse(413, "PayloadTooLarge", $"A request has at most {EventReader.MaxBytes} bytes.");
        }

        var read = EventReader.Read(
            topic,
            $"/topics/{topic}",
            (request.ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant(),
            body,
            name => request.Headers.TryGetValue(name, out var value) ? value.ToString() : null,
            request.Headers.Keys);
        if (read.Error is not null)
        {
            return Refuse(read.Status, read.Status == 413 ? "PayloadTooLarge" : "BadRequest", read.Error);
        }

        return emulator.Publish(topic, read.Events) == PublishResult.Busy
            ? Refuse(503, "ServerBusy", "Too many events wait for delivery.")
            : Results.Ok();
    }

    private static async Task<IResult> SubscribeAsync(HttpContext context, string topic, string name, EventGridEmulator emulator)
    {
        if (KeyFault(context.Request, emulator) is { } fault)
        {
            return Refuse(401, "Unauthorized", fault);
        }

        if (!emulator.HasTopic(topic))
        {
            return Refuse(404, "ResourceNotFound", $"Topic '{topic}' does not exist.");
        }

        if (await BoundedBody.ReadAsync(context.Request, EventReader.MaxBytes, context.RequestAborted) is not { } body)
        {
            return Refuse(413, "PayloadTooLarge", $"A subscription has at most {EventReader.MaxBytes} bytes.");
        }

        SubscriptionLine? line;
        try
        {
            line = JsonSerializer.Deserialize<SubscriptionLine>(body.Span, SubscriptionLine.Json);
        }
        catch (JsonException e)
        {
            return Refuse(400, "InvalidRequest", e.Message);
        }

        var (subscription, faults) = ((line ?? new()) with { Topic = topic, Name = name }).Check();
        if (subscription is null)
        {
            return Refuse(400, "InvalidRequest", string.Join("; ", faults));
        }

        var (result, why) = await emulator.SubscribeAsync(subscription, context.RequestAborted);
        return result switch
        {
            HandshakeResult.Refused => Refuse(400, "Url validation", $"The webhook did not pass the handshake: {why}."),
            HandshakeResult.AwaitingManualAction => Results.Json(new { provisioningState = "AwaitingManualAction", why }, statusCode: 202),
            _ => Results.Json(new { provisioningState = "Succeeded" }, statusCode: 201),
        };
    }

    private static async Task<IResult> UnsubscribeAsync(HttpContext context, string topic, string name, EventGridEmulator emulator) =>
        KeyFault(context.Request, emulator) is { } fault
            ? Refuse(401, "Unauthorized", fault)
            : await emulator.UnsubscribeAsync(topic, name, context.RequestAborted)
                ? Results.NoContent()
                : Refuse(404, "ResourceNotFound", $"Topic '{topic}' has no subscription '{name}'.");

    private static string? KeyFault(HttpRequest request, EventGridEmulator emulator)
    {
        if (request.Headers.TryGetValue("aeg-sas-key", out var key))
        {
            return emulator.Key.IsKey(key) ? null : "The key in aeg-sas-key is not this emulator's.";
        }

        const string scheme = "SharedAccessSignature ";
        var authorization = request.Headers.Authorization.ToString();
        var token = request.Headers.TryGetValue("aeg-sas-token", out var sas) ? sas.ToString()
            : authorization.StartsWith(scheme, StringComparison.Ordinal) ? authorization[scheme.Length..]
            : null;
        return token is null
            ? "Send the key in aeg-sas-key or a signature in aeg-sas-token."
            : emulator.Key.TokenFault(token, new Uri(request.GetEncodedUrl()), emulator.Time.GetUtcNow()) is { } why
                ? $"The shared access signature is refused: {why}."
                : null;
    }

    private static IResult Refuse(int status, string code, string message) =>
        Results.Json(new { error = new { code, message } }, statusCode: status);
}
