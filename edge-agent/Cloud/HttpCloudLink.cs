using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Identity;
using SlmOps.EdgeAgent.Planning;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.Cloud;

/// <summary>The service over HTTPS: the channel document, metadata, blobs, reports.</summary>
/// <param name="address">Base address, ending in a slash.</param>
/// <param name="credential">Who this device is.</param>
/// <param name="clock">Clock of the timeouts.</param>
internal sealed class HttpCloudLink(Uri address, Credential credential, TimeProvider clock) : IDisposable
{
    private const int MaxRedirects = 5;
    private const int MaxReceiptBytes = 4 << 10;
    private const int MaxRefusalBytes = 8 << 10;
    private const int MaxEnrolmentBytes = 32 << 10;
    internal static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    // The longest list at half a megabit a second; one that drips longer is given up.
    private static readonly TimeSpan MetadataTimeout = TimeSpan.FromSeconds(90);

    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        // By hand, so that tokens stay with the service and never reach storage.
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
            using var response = await CallAsync(
                HttpMethod.Get,
                new(address, $"api/v1/channels/{channel}"),
                request =>
                {
                    if (etag is not null && EntityTagHeaderValue.TryParse(etag, out var tag))
                    {
                        request.Headers.IfNoneMatch.Add(tag);
                    }
                },
                deadline.Token);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => new ChannelFetch.Fetched(
                    await BodyAsync(response, Limits.ChannelBytes, deadline.Token), response.Headers.ETag?.ToString()),
                HttpStatusCode.NotModified => new ChannelFetch.NotModified(),
                HttpStatusCode.NotFound => new ChannelFetch.Absent(),
                _ => new ChannelFetch.Failed(Answer(response), RetryAfter(response)),
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
        using var response = await CallAsync(HttpMethod.Get, new(address, $"api/v1/metadata/{name}"), null, deadline.Token);
        return response.StatusCode switch
        {
            HttpStatusCode.OK => await FirstBytesAsync(response, limit + 1, deadline.Token),
            HttpStatusCode.NotFound => null,
            _ => throw new MetadataUnavailableException(Answer(response), RetryAfter(response)),
        };
    }

    /// <summary>Sends one batch.</summary>
    internal async Task<SendOutcome> SendAsync(DeviceId deviceId, DeviceReportBatch batch, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(CallTimeout, clock, cancellationToken);
        try
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(batch, ContractsJson.Default.DeviceReportBatch);
            using var response = await CallAsync(
                HttpMethod.Post,
                new(address, $"api/v1/devices/{deviceId}/reports"),
                request => request.Content = Json(body),
                deadline.Token);
            if (response.IsSuccessStatusCode)
            {
                var receipt = JsonSerializer.Deserialize(
                    await BodyAsync(response, MaxReceiptBytes, deadline.Token),
                    ContractsJson.Default.DeviceReportReceipt);
                return receipt is null
                    ? new SendOutcome.Failed("The receipt is null.", null)
                    : new SendOutcome.Accepted(receipt.AcceptedSeq, receipt.HighestSeq);
            }

            // Only these are about the reports themselves. A key that was revoked, an address that moved, a proxy in between:
            // all of that may be put right, and the reports are wanted then.
            return (int)response.StatusCode is 400 or 413 or 422
                ? await RefusedAsync(response, deadline.Token)
                : new SendOutcome.Failed(Answer(response), RetryAfter(response));
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
            var response = await CallAsync(
                HttpMethod.Get,
                target,
                request =>
                {
                    if (from > 0)
                    {
                        request.Headers.Range = new(from, null);
                        if (etag is not null && EntityTagHeaderValue.TryParse(etag, out var tag))
                        {
                            request.Headers.IfMatch.Add(tag);
                        }
                    }
                },
                cancellationToken,
                redirected: hop > 0);
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

    private static string Answer(HttpResponseMessage response) =>
        $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.AbsolutePath} "
        + $"was answered {(int)response.StatusCode} {response.ReasonPhrase}.";

    public void Dispose() => _client.Dispose();

    /// <summary>Enrols with a token, or renews with none.</summary>
    internal async Task<EnrolOutcome> EnrolAsync(string? token, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(CallTimeout, clock, cancellationToken);
        try
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(
                await credential.RequestAsync(token, deadline.Token), ContractsJson.Default.EnrolmentRequest);
            using var response = await CallAsync(
                HttpMethod.Post, new(address, "api/v1/enroll"), request => request.Content = Json(body), deadline.Token,
                redirected: token is not null);
            if (!response.IsSuccessStatusCode)
            {
                var refusal = await RefusalAsync(response, deadline.Token);
                return new EnrolOutcome.Failed(
                    $"{Answer(response)} {refusal?.Detail}".TrimEnd(), refusal?.Code is not null, RetryAfter(response));
            }

            var answer = JsonSerializer.Deserialize(
                await BodyAsync(response, MaxEnrolmentBytes, deadline.Token), ContractsJson.Default.EnrolmentAnswer);
            return answer is { Certificate: not null, Authority: not null, Audience: not null, Channel: not null }
                ? new EnrolOutcome.Enrolled(answer)
                : new EnrolOutcome.Failed("The service's answer is not whole.", false, null);
        }
        catch (Exception exception) when (exception is JsonException || IsOfNetwork(exception, cancellationToken))
        {
            return new EnrolOutcome.Failed(Describe(exception), false, null);
        }
    }

    /// <summary>
    /// Sends a request with a token of this device. Where the service says that the token's time is wrong, its clock is
    /// learned, and the request is sent once more.
    /// </summary>
    private async Task<HttpResponseMessage> CallAsync(
        HttpMethod method, Uri target, Action<HttpRequestMessage>? with, CancellationToken cancellationToken, bool redirected = false)
    {
        for (var again = false; ; again = true)
        {
            var request = new HttpRequestMessage(method, target);
            if (!redirected && await credential.AssertAsync(cancellationToken) is { } token)
            {
                request.Headers.Authorization = new("Bearer", token);
            }

            if (Traceparent is not null)
            {
                request.Headers.TryAddWithoutValidation("traceparent", Traceparent);
            }

            with?.Invoke(request);
            var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (redirected
                || response.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
                || await RefusalAsync(response, cancellationToken) is not { } refusal
                || !credential.Learn(refusal, response.Headers.Date)
                || again)
            {
                return response;
            }

            response.Dispose();
        }
    }

    private static async Task<SendOutcome> RefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var refusal = await RefusalAsync(response, cancellationToken);
        return new SendOutcome.Refused($"{Answer(response)} {refusal?.Detail}".TrimEnd(), refusal?.Field);
    }

    /// <summary>What a refusal says; null when it is not one of the service's own.</summary>
    private static async Task<DeviceRefusal?> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return JsonSerializer.Deserialize(
                await BodyAsync(response, MaxRefusalBytes, cancellationToken), ContractsJson.Default.DeviceRefusal);
        }
        catch (Exception exception) when (exception is JsonException or InvalidDataException)
        {
            return null;
        }
    }

    private static ByteArrayContent Json(byte[] body) => new(body) { Headers = { ContentType = new("application/json") } };

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
