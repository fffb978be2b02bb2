using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Signing;

namespace SlmOps.Packaging.Channels;

/// <summary>A channel document that may be followed, or the reason why not.</summary>
/// <param name="Document">The document, only when everything holds.</param>
/// <param name="ReasonCode">
/// Null, or <c>too-large</c>, <c>bad-signature</c>, <c>malformed</c>, <c>wrong-schema</c>, <c>wrong-channel</c>,
/// <c>rollback</c>, <c>expired</c>.
/// </param>
/// <param name="Reason">The reason in one sentence.</param>
public sealed record ChannelVerdict(ChannelDocument? Document, string? ReasonCode, string? Reason)
{
    /// <summary>True when the document may be followed.</summary>
    public bool IsAccepted => Document is not null;
}

/// <summary>Decides whether a device may follow a channel document it fetched.</summary>
public static class ChannelVerifier
{
    private const int MaxRings = 64;
    private const int MaxWithdrawn = 4096;

    /// <summary>Checks size, signature, form, channel, version and expiry, in this order.</summary>
    /// <param name="envelope">What was fetched.</param>
    /// <param name="directorKey">The key that may sign it.</param>
    /// <param name="expectedChannel">The channel it was fetched for.</param>
    /// <param name="now">The device's clock, never earlier than the latest time it has seen.</param>
    /// <param name="lowestVersion">Highest version accepted so far; 0 for none.</param>
    public static ChannelVerdict Verify(
        ReadOnlySpan<byte> envelope, PublicKey directorKey, ChannelName expectedChannel, DateTimeOffset now, long lowestVersion)
    {
        if (envelope.Length > Limits.ChannelBytes)
        {
            return Refuse("too-large", $"The channel document has {envelope.Length} bytes; at most {Limits.ChannelBytes} are allowed.");
        }

        var signed = Dsse.Verify(envelope, ChannelDocument.PayloadType, directorKey);
        if (!signed.IsValid)
        {
            return Refuse(signed.ReasonCode == "malformed" ? "malformed" : "bad-signature", signed.Reason!);
        }

        ChannelDocument? document;
        try
        {
            // A newer schema may not even fit the record, so it is looked at first.
            var schema = JsonSerializer.Deserialize(signed.Payload, PackagingJson.Default.SchemaOnly)?.Schema;
            if (schema != ChannelDocument.CurrentSchema)
            {
                return Refuse("wrong-schema", $"The channel document has schema {schema}; this reads {ChannelDocument.CurrentSchema}.");
            }

            document = JsonSerializer.Deserialize(signed.Payload, ContractsJson.Default.ChannelDocument);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return Refuse("malformed", $"The signed payload is not a channel document: {exception.Message}");
        }

        return document is null ? Refuse("malformed", "The signed payload is null.") : Judge(document, expectedChannel, now, lowestVersion);
    }

    private static ChannelVerdict Judge(ChannelDocument document, ChannelName expectedChannel, DateTimeOffset now, long lowestVersion) =>
        document switch
        {
            _ when FindFault(document) is { } fault => Refuse("malformed", fault),
            _ when document.Channel != expectedChannel => Refuse(
                "wrong-channel",
                $"The document is for channel '{document.Channel}'; expected '{expectedChannel}'."),
            _ when document.Version < lowestVersion => Refuse(
                "rollback",
                $"The document has version {document.Version}; version {lowestVersion} was accepted before."),
            _ when now >= document.Expires => Refuse(
                "expired",
                $"The document expired at {CanonicalJson.Time(document.Expires)}; it is {CanonicalJson.Time(now)}."),
            _ => new(document, null, null),
        };

    /// <summary>The signer is trusted, its code may be wrong: nothing outside these bounds reaches a planner.</summary>
    private static string? FindFault(ChannelDocument document) => document switch
    {
        { Channel.IsEmpty: true } or { Withdrawn: null } => "A required property is missing.",
        { Version: < 1 } => "The version must be at least 1.",
        { Withdrawn.Count: > MaxWithdrawn } => $"More than {MaxWithdrawn} releases are withdrawn.",
        { Stable: { } stable } when FindFault(stable) is { } fault => fault,
        { Candidate: { } candidate } when FindFault(candidate) is { } fault => fault,
        _ => OverlayRules.FindFault(document.Overlays),
    };

    private static string? FindFault(RolloutOffer offer) => offer switch
    {
        { Release: null } or { Salt: null } or { OpenRings: null } or { RolloutId: null } => "The candidate lacks a required property.",
        { SoakSeconds: < 0 } => "The soak time is negative.",
        { OpenRings.Count: > MaxRings } => $"More than {MaxRings} rings are open.",
        _ when offer.OpenRings.Any(ring => ring is not { Name: not null, Selector: not null, Fraction: >= 0 and <= 1 }) =>
            "A ring lacks a name or selector, or its fraction is not from 0 to 1.",
        _ => FindFault(offer.Release),
    };

    private static string? FindFault(ReleaseRef release) => release switch
    {
        { Model.IsEmpty: true } or { Version.IsEmpty: true } => "A release lacks its model or its version.",
        _ when release.Digest.IsEmpty || release.Signature.IsEmpty => "A release lacks its digest or its signature.",
        { Size: < 1 or > Limits.IndexBytes } => $"A release's index size must be from 1 to {Limits.IndexBytes} bytes.",
        _ => null,
    };

    private static ChannelVerdict Refuse(string code, string reason) => new(null, code, reason);
}
