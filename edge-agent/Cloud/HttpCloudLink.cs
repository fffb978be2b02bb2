using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.Cloud;

/// <summary>The service over HTTPS: the channel document, metadata, blobs, reports.</summary>
/// <param name="address">Base address, ending in a slash.</param>
/// <param name="key">Function key, or null.</param>
/// <param name="clock">Clock of the timeouts.</param>
internal sealed class HttpCloudLink(Uri address, string? key, TimeProvider clock) : IDisposable
{
    private const int MaxRedirects = 5;
    private const int MaxReceiptBytes = 4 << 10;
    internal static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    // The longest list at half a megabit a second; one that drips longer is given up.
    private static readonly TimeSpan MetadataTimeout = TimeSpan.FromSeconds(90);

    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        // By hand, so that the key stays with the service and never reaches storage.
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(15),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        MaxResponseHeadersLength = 32,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>W3C trace context of the rollout that this device follows; set with each new channel document.</summary>
    internal string? Traceparent { get; set; }

    internal async Task<ChannelFetch> FetchChannelAsync(ChannelName channel, string? etag, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(CallTimeout, clock, cancellationToken);
        try
        {
            using var request = Request(HttpMethod.Get, new(address, $"api/v1/channels/{channel}"));
            if (etag is not null && EntityTagHeaderValue.TryParse(etag, out var tag))
            {
                request.Headers.IfNoneMatch.Add(tag);
            }

            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => new ChannelFetch.Fetched(
                    await BodyAsync(response, Limits.ChannelBytes, deadline.Token), response.Headers.ETag?.ToString()),
                HttpStatusCode.NotModified => new ChannelFetch.NotModified(),
                HttpStatusCode.NotFound => new ChannelFetch.Absent(),
                _ => new ChannelFetch.Failed(Answer(request, response), RetryAfter(response)),
            };
        }
        catch (Exception exception) when (IsOfNetwork(exception, cancellationToken))
        {
            return new ChannelFetch.Failed(Describe(exception), null);
        }
    }

    /// <summary>Fetches a metadata file, see <see cref="TufFetch"/>.</summary>
    /// <exception cref="MetadataUnavailableException">When the service answers neither with the file nor that there is none.</exception>
    internal async Task<byte[]?> FetchMetadataAsync(string name, int limit, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(MetadataTimeout, clock, cancellationToken);
        using var request = Request(HttpMethod.Get, new(address, $"api/v1/metadata/{name}"));
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        return response.StatusCode switch
        {
            HttpStatusCode.OK => await FirstBytesAsync(response, limit + 1, deadline.Token),
            HttpStatusCode.NotFound => null,
            _ => throw new MetadataUnavailableException(Answer(request, response), RetryAfter(response)),
        };
    }

    /// <summary>Sends one batch.</summary>
    internal async Task<SendOutcome> SendAsync(DeviceId deviceId, DeviceReportBatch batch, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(CallTimeout, clock, cancellationToken);
        try
        {
            using var request = Request(HttpMethod.Post, new(address, $"api/v1/devices/{deviceId}/reports"));
            request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(batch, ContractsJson.Default.DeviceReportBatch));
            request.Content.Headers.ContentType = new("application/json");
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            if (response.IsSuccessStatusCode)
            {
                var receipt = JsonSerializer.Deserialize(
                    await BodyAsync(response, MaxReceiptBytes, deadline.Token),
                    ContractsJson.Default.DeviceReportReceipt);
                return receipt is null
                    ? new SendOutcome.Failed("The receipt is null.", null)
                    : new SendOutcome.Accepted(receipt.AcceptedSeq);
            }

            // Only these are about the reports themselves. A key that was revoked, an address that moved, a proxy in between:
            // all of that may be put right, and the reports are wanted then.
            return (int)response.StatusCode is 400 or 413 or 422
                ? new SendOutcome.Refused(Answer(request, response))
                : new SendOutcome.Failed(Answer(request, response), RetryAfter(response));
        }
        catch (Exception exception) when (exception is JsonException || IsOfNetwork(exception, cancellationToken))
        {
            return new SendOutcome.Failed(Describe(exception), null);
        }
    }

    /// <summary>Asks for a blob and follows redirects; the caller disposes the answer and reads its body.</summary>
    /// <param name="digest">The blob.</param>
    /// <param name="from">First byte wanted.</param>
    /// <param name="etag">Entity tag that the bytes before it had, or null.</param>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="HttpRequestException">When there is no answer, or redirects lead nowhere allowed.</exception>
    internal async Task<HttpResponseMessage> OpenBlobAsync(
        Digest digest, long from, string? etag, CancellationToken cancellationToken)
    {
        var target = new Uri(address, $"api/v1/blobs/{digest}");
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            using var request = Request(HttpMethod.Get, target, redirected: hop > 0);
            if (from > 0)
            {
                request.Headers.Range = new(from, null);
                if (etag is not null && EntityTagHeaderValue.TryParse(etag, out var tag))
                {
                    request.Headers.IfMatch.Add(tag);
                }
            }

            var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
            {
                return response;
            }

            var location = response.Headers.Location;
            response.Dispose();
            target = Follow(target, location);
        }

        throw new HttpRequestException($"The blob {digest} is redirected more than {MaxRedirects} times.");
    }

    /// <summary>Reads a body of at most so many bytes.</summary>
    /// <exception cref="InvalidDataException">When there are more.</exception>
    internal static async Task<byte[]> BodyAsync(HttpResponseMessage response, int limit, CancellationToken cancellationToken)
    {
        using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var bytes = new MemoryStream();
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (bytes.Length + read > limit)
            {
                throw new InvalidDataException(
                    $"The answer of {response.RequestMessage?.RequestUri?.AbsolutePath} has more than {limit} bytes.");
            }

            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    /// <summary>Reads a body, but no more than so many bytes of it.</summary>
    private static async Task<byte[]> FirstBytesAsync(HttpResponseMessage response, int most, CancellationToken cancellationToken)
    {
        using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var bytes = new MemoryStream();
        var buffer = new byte[16 << 10];
        int read;
        while (
            bytes.Length < most
            && (read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, most - bytes.Length)), cancellationToken)) > 0
        )
        {
            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    internal TimeSpan? RetryAfter(HttpResponseMessage response) => Backoff.Bounded(response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - clock.GetUtcNow(),
        _ => null,
    });

    /// <summary>True for what a bad network does, false for a cancelled call and for faults of this program.</summary>
    internal static bool IsOfNetwork(Exception exception, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested
        && exception is HttpRequestException or IOException or OperationCanceledException or InvalidDataException;

    internal static string Describe(Exception exception) =>
        exception is OperationCanceledException ? "No answer in time."
        : exception.InnerException is { } inner && inner.Message != exception.Message ? $"{exception.Message} {inner.Message}"
        : exception.Message;

    internal static string Answer(HttpRequestMessage request, HttpResponseMessage response) =>
        $"{request.Method} {request.RequestUri?.AbsolutePath} was answered {(int)response.StatusCode} {response.ReasonPhrase}.";

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage Request(HttpMethod method, Uri target, bool redirected = false)
    {
        var request = new HttpRequestMessage(method, target);
        if (key is not null && !redirected)
        {
            request.Headers.TryAddWithoutValidation("x-functions-key", key);
        }

        if (Traceparent is not null)
        {
            request.Headers.TryAddWithoutValidation("traceparent", Traceparent);
        }

        return request;
    }

    private static Uri Follow(Uri from, Uri? location)
    {
        var target = location is null ? null : new Uri(from, location);
        return target switch
        {
            null => throw new HttpRequestException("A redirect names no address."),
            { Scheme: "https" } => target,
            { Scheme: "http" } when from.Scheme == "http" => target,
            _ => throw new HttpRequestException($"A redirect leads from {from.Scheme} to {target.Scheme}, which is not followed."),
        };
    }
}
