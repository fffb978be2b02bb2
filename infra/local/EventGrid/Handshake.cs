using System.Net.Http.Json;
using System.Text.Json;

namespace SlmOps.Local.EventGrid;

/// <summary>How a webhook answered the question whether it wants events.</summary>
internal enum HandshakeResult
{
    Accepted,

    /// <summary>It took the question; its owner may open the validation address by hand.</summary>
    AwaitingManualAction,
    Refused,
}

/// <summary>
/// Asks a webhook whether it wants events: CloudEvents subscriptions with OPTIONS (CloudEvents HTTP webhook
/// specification, abuse protection), Event Grid subscriptions with a validation event.
/// </summary>
internal sealed class Handshake(HttpClient http, TimeSpan timeout, TimeProvider time)
{
    /// <summary>Says who asks.</summary>
    public const string Origin = "eventgrid.azure.net";

    public async Task<(HandshakeResult Result, string Why)> AskAsync(
        EventSubscription subscription, Uri webhook, string code, Uri validationUrl, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return subscription.Schema == DeliverySchema.CloudEventSchemaV1_0
                ? await OptionsAsync(webhook, either.Token)
                : await ValidationEventAsync(subscription, webhook, code, validationUrl, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (HandshakeResult.Refused, $"no answer within {timeout}");
        }
        catch (HttpRequestException e)
        {
            return (HandshakeResult.Refused, e.Message);
        }
    }

    private async Task<(HandshakeResult, string)> OptionsAsync(Uri webhook, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, webhook);
        request.Headers.Add("WebHook-Request-Origin", Origin);
        request.Headers.Add("WebHook-Request-Rate", "120");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var allowed = response.Headers.TryGetValues("WebHook-Allowed-Origin", out var values) ? string.Join(",", values) : null;
        return response.IsSuccessStatusCode && (allowed == "*" || Origin.Equals(allowed, StringComparison.OrdinalIgnoreCase))
            ? (HandshakeResult.Accepted, "")
            : (HandshakeResult.Refused, $"OPTIONS answered {(int)response.StatusCode} with WebHook-Allowed-Origin '{allowed}'");
    }

    private async Task<(HandshakeResult, string)> ValidationEventAsync(
        EventSubscription subscription, Uri webhook, string code, Uri validationUrl, CancellationToken cancellationToken)
    {
        var question = new
        {
            id = Guid.NewGuid().ToString(),
            topic = subscription.Topic,
            subject = "",
            eventType = "Microsoft.EventGrid.SubscriptionValidationEvent",
            eventTime = time.GetUtcNow(),
            data = new { validationCode = code, validationUrl },
            metadataVersion = "1",
            dataVersion = "2",
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, webhook) { Content = JsonContent.Create(new[] { question }) };
        request.Headers.Add("aeg-event-type", "SubscriptionValidation");
        request.Headers.Add("aeg-subscription-name", subscription.Name.ToUpperInvariant());
        using var response = await http.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            return (HandshakeResult.Refused, $"the validation event was answered with {(int)response.StatusCode}");
        }

        return Answer(await response.Content.ReadAsStringAsync(cancellationToken)) == code
            ? (HandshakeResult.Accepted, "")
            : (HandshakeResult.AwaitingManualAction, "the answer holds no validationResponse; open the validationUrl that was sent");
    }

    private static string? Answer(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("validationResponse", out var answer)
                && answer.ValueKind == JsonValueKind.String
                    ? answer.GetString()
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
