using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace SlmOps.Local.EventGrid;

/// <summary>One attempt to hand an event to a webhook.</summary>
internal sealed class WebhookSender(HttpClient http, TimeSpan timeout, TimeProvider time)
{
    private static readonly MediaTypeHeaderValue CloudEvent = new("application/cloudevents+json", "utf-8");
    private static readonly MediaTypeHeaderValue Json = new("application/json", "utf-8");

    public async Task<DeliveryOutcome> SendAsync(
        EventSubscription subscription, Uri url, AcceptedEvent item, int attempt, CancellationToken cancellationToken)
    {
        var eventGrid = subscription.Schema == DeliverySchema.EventGridSchema;
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new StringContent(
                eventGrid ? $"[{EventGridSchema.FromCloudEvent(item.Body)}]" : item.Body.GetRawText(),
                Encoding.UTF8,
                eventGrid ? Json : CloudEvent),
        };
        request.Headers.Add("aeg-event-type", "Notification");
        request.Headers.Add("aeg-subscription-name", subscription.Name.ToUpperInvariant());
        request.Headers.Add("aeg-delivery-count", (attempt - 1).ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("aeg-data-version", EventGridSchema.DataVersion(item.Body));
        request.Headers.Add("aeg-metadata-version", "1");

        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return FromStatus(response.StatusCode);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(DeliveryKind.Retriable, "TimedOut");
        }
        catch (HttpRequestException e)
        {
            return new(DeliveryKind.Retriable, e.HttpRequestError.ToString());
        }
    }

    /// <summary>200 to 204 is success; 400, 401, 403 and 413 will not get better; the rest is tried again.</summary>
    internal static DeliveryOutcome FromStatus(HttpStatusCode status) => (int)status switch
    {
        >= 200 and <= 204 => DeliveryOutcome.Success,
        400 or 401 or 403 or 413 => new(DeliveryKind.Final, Name(status)),
        _ => new(DeliveryKind.Retriable, Name(status)),
    };

    private static string Name(HttpStatusCode status) =>
        status == HttpStatusCode.RequestEntityTooLarge ? "PayloadTooLarge" : status.ToString();
}
