using SlmOps.Contracts;
using SlmOps.EdgeAgent.Cloud;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Planning;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Tuf;
using SlmOps.Packaging.Verification;

namespace SlmOps.EdgeAgent.Download;

/// <summary>Fetches the small documents of a release and checks the release key's signature over them.</summary>
internal sealed class ReleaseFetcher(HttpCloudLink link, TrustRoots trust, ContentStore store, TimeProvider clock, Random random)
{
    private const int MaxTries = 4;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    internal async Task<(IReadOnlyList<VariantOffer>? Variants, Failure? Failure)> FetchAsync(
        ReleaseRef release,
        CancellationToken cancellationToken)
    {
        var (index, failure) = await DocumentAsync(release.Digest, (int)Math.Min(release.Size, Limits.IndexBytes), cancellationToken);
        if (index is null)
        {
            return (null, failure);
        }

        (var bundle, failure) = await DocumentAsync(release.Signature, Limits.BundleBytes, cancellationToken);
        if (bundle is null)
        {
            return (null, failure);
        }

        var verdict = ReleaseVerifier.VerifyIndex(index, bundle, trust.ReleaseKey, release);
        if (verdict.Refusal is { } refusal)
        {
            return (null, new(FailureKind.Refused, refusal.Name, refusal.Reason));
        }

        // Kept as long as a slot holds the release: with them the slot can be known again if the journal is lost.
        await store.KeepAsync(index, cancellationToken);
        await store.KeepAsync(bundle, cancellationToken);
        return (ReleaseReader.ReadIndex(index).Variants, null);
    }

    /// <summary>True when the store holds what was signed of a release.</summary>
    internal bool Holds(ReleaseRef release) => store.Holds(release.Digest) && store.Holds(release.Signature);

    private async Task<(byte[]? Document, Failure? Failure)> DocumentAsync(Digest digest, int limit, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var (document, failure) = await TryAsync(digest, limit, cancellationToken);
            if (document is not null || failure!.Kind != FailureKind.Transient || tries == MaxTries)
            {
                return (document, failure);
            }

            await Task.Delay(failure.RetryAfter ?? Backoff.Delay(tries - 1, FirstWait, LongestWait, random), clock, cancellationToken);
        }
    }

    private async Task<(byte[]? Document, Failure? Failure)> TryAsync(Digest digest, int limit, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(HttpCloudLink.CallTimeout, clock, cancellationToken);
        try
        {
            using var response = await link.OpenBlobAsync(digest, 0, null, deadline.Token);
            if (ResponseCheck.StatusRefusal(response, digest, link.RetryAfter(response)) is { } refusal)
            {
                return (null, refusal);
            }

            var bytes = await HttpCloudLink.BodyAsync(response, limit, deadline.Token);
            return Digest.Of(bytes) == digest
                ? (bytes, null)
                : (
                    null,
                    new(FailureKind.Attempt, "digest-mismatch", $"The service sent bytes with digest {Digest.Of(bytes)} for {digest}."));
        }
        catch (InvalidDataException exception)
        {
            return (null, new(FailureKind.Attempt, "too-large", exception.Message));
        }
        catch (Exception exception) when (HttpCloudLink.IsOfNetwork(exception, cancellationToken))
        {
            return (null, new(FailureKind.Transient, "network", $"{digest} could not be fetched: {HttpCloudLink.Describe(exception)}"));
        }
    }
}
