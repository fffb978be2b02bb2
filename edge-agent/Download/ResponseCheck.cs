using System.Net;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.Packaging.Storage;

namespace SlmOps.EdgeAgent.Download;

/// <summary>What a blob's answer that cannot be used means.</summary>
/// <param name="Failure">The failure.</param>
/// <param name="StartAgain">True when what was fetched so far is worth nothing.</param>
internal sealed record ResponseRefusal(Failure Failure, bool StartAgain = false);

/// <summary>Judges the status and headers of a blob's answer before any of its body is read.</summary>
internal static class ResponseCheck
{
    /// <summary>Null when the body may be read as the bytes from <paramref name="from"/> on, or from the start if it is 200.</summary>
    internal static ResponseRefusal? Refusal(HttpResponseMessage response, BlobRef blob, long from, TimeSpan? retryAfter)
    {
        if (StatusRefusal(response, blob.Digest, retryAfter) is { } failure)
        {
            return new(failure, response.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.RequestedRangeNotSatisfiable);
        }

        if (response.StatusCode == HttpStatusCode.OK)
        {
            return Length(response, blob, blob.Size);
        }

        var range = response.Content.Headers.ContentRange;
        return range is not null && range.From == from && (range.Length ?? blob.Size) == blob.Size
            ? Length(response, blob, blob.Size - from)
            : Lie(blob, $"range '{range}' where bytes {from}- of {blob.Size} were asked for");
    }

    /// <summary>Null for 200 and 206.</summary>
    internal static Failure? StatusRefusal(HttpResponseMessage response, Digest digest, TimeSpan? retryAfter)
    {
        var answered = $"The blob {digest} was answered {(int)response.StatusCode} {response.ReasonPhrase}.";
        return response.StatusCode switch
        {
            HttpStatusCode.OK or HttpStatusCode.PartialContent => null,

            // The bytes before are of another file, or not at all; from the start it may work.
            HttpStatusCode.PreconditionFailed or HttpStatusCode.RequestedRangeNotSatisfiable => new(
                FailureKind.Transient,
                "resume-refused",
                answered),

            // A link to storage that has run out is refused with 403; the next try gets a new one.
            HttpStatusCode.Forbidden
            or HttpStatusCode.RequestTimeout
            or HttpStatusCode.TooManyRequests
            or >= HttpStatusCode.InternalServerError => new(FailureKind.Transient, "service-unavailable", answered, retryAfter),
            _ => new(FailureKind.Attempt, "blob-refused", answered),
        };
    }

    private static ResponseRefusal? Length(HttpResponseMessage response, BlobRef blob, long expected) =>
        response.Content.Headers.ContentLength is { } length && length != expected
            ? Lie(blob, $"{length} bytes where {expected} were expected")
            : null;

    private static ResponseRefusal Lie(BlobRef blob, string what) =>
        new(new(FailureKind.Attempt, "digest-mismatch", $"The service announced {what} for {blob.Digest}."), StartAgain: true);
}
