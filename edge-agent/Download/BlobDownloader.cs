using System.Net;
using System.Security.Cryptography;
using System.Text;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Cloud;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Planning;
using SlmOps.Packaging.Storage;

namespace SlmOps.EdgeAgent.Download;

/// <summary>Fetches blobs whose size and digest are signed: resumed, bounded, checked, and never one byte too many.</summary>
internal sealed class BlobDownloader(HttpCloudLink link, ContentStore store, TimeProvider clock, Random random)
{
    /// <summary>Tries in a row without progress before a download gives up for now.</summary>
    internal const int MaxFruitlessTries = 5;

    private const int MaxMismatches = 2;

    // Less than this between two interruptions is no progress: a server that gives a byte a connection gains nothing.
    private const long Progress = 64 << 10;
    private const int ChunkBytes = 128 << 10;
    private const int MaxTagBytes = 1 << 10;
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of bodies that came over the network so far.</summary>
    internal long Received { get; private set; }

    /// <summary>Fetches one blob into the store.</summary>
    /// <returns>Null when it is there, <see cref="TimeIsUp"/> when the slice ended first, or why it failed.</returns>
    /// <param name="blob">What to fetch.</param>
    /// <param name="sliceEnd">When to stop for now; what was fetched is kept.</param>
    /// <param name="cancellationToken">Stops it; what was fetched is kept.</param>
    /// <param name="fruitlessTries">Tries in a row without progress before it gives up for now.</param>
    internal async Task<Failure?> FetchAsync(
        BlobRef blob, DateTimeOffset sliceEnd, CancellationToken cancellationToken, int fruitlessTries = MaxFruitlessTries)
    {
        var (tries, mismatches) = (0, 0);
        while (!store.Has(blob))
        {
            var before = store.PartialLength(blob.Digest);
            var outcome = await TryAsync(blob, sliceEnd, cancellationToken);
            switch (outcome)
            {
                case null:
                    return null;
                case { Code: "digest-mismatch" } when ++mismatches < MaxMismatches:
                    continue;
                case { Kind: FailureKind.Transient } when outcome != TimeIsUp:
                    tries = store.PartialLength(blob.Digest) - before >= Progress ? 0 : tries + 1;
                    if (tries >= fruitlessTries)
                    {
                        return outcome;
                    }

                    await Task.Delay(
                        outcome.RetryAfter ?? Backoff.Delay(tries, FirstWait, LongestWait, random), clock, cancellationToken);
                    continue;
                default:
                    return outcome;
            }
        }

        return null;
    }

    /// <summary>Not a failure: the download goes on in the next slice.</summary>
    internal static readonly Failure TimeIsUp = new(FailureKind.Transient, "slice-over", "The download goes on in the next slice.");

    private async Task<Failure?> TryAsync(BlobRef blob, DateTimeOffset sliceEnd, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = DiskPath.OpenToContinue(store.PartialOf(blob.Digest));
        if (file.Length > blob.Size)
        {
            file.SetLength(0);
        }

        await HashPrefixAsync(file, hash, cancellationToken);
        if (file.Length < blob.Size)
        {
            var failure = await ReceiveAsync(blob, file, hash, sliceEnd, cancellationToken);
            if (failure is not null)
            {
                file.Flush(flushToDisk: true);
                return failure;
            }
        }

        file.Flush(flushToDisk: true);
        file.Close();
        var actual = Digest.FromHash(hash.GetHashAndReset());
        if (actual != blob.Digest)
        {
            store.DropPartial(blob.Digest);
            return Mismatch($"The service sent bytes with digest {actual} for {blob.Digest}.");
        }

        store.Adopt(blob.Digest);
        return null;
    }

    private async Task<Failure?> ReceiveAsync(
        BlobRef blob, FileStream file, IncrementalHash hash, DateTimeOffset sliceEnd, CancellationToken cancellationToken)
    {
        using var deadline = new Deadline(StallTimeout, clock, cancellationToken);
        try
        {
            var tag =
                file.Length > 0 && DurableFile.Read(store.TagOf(blob.Digest), MaxTagBytes, out _) is { } kept
                    ? Encoding.UTF8.GetString(kept)
                    : null;
            using var response = await link.OpenBlobAsync(blob.Digest, file.Length, tag, deadline.Token);
            if (ResponseCheck.Refusal(response, blob, file.Length, link.RetryAfter(response)) is { } refusal)
            {
                if (refusal.StartAgain)
                {
                    Restart(file, blob, hash);
                }

                return refusal.Failure;
            }

            if (response.StatusCode == HttpStatusCode.OK)
            {
                Restart(file, blob, hash);
                RememberTag(blob, response);
            }

            return await CopyAsync(response, blob, file, hash, sliceEnd, deadline);
        }
        catch (Exception exception) when (HttpCloudLink.IsOfNetwork(exception, cancellationToken))
        {
            return new(
                FailureKind.Transient,
                "network",
                $"The download of {blob.Digest} stopped at byte {file.Length}: {HttpCloudLink.Describe(exception)}");
        }
    }

    private async Task<Failure?> CopyAsync(
        HttpResponseMessage response, BlobRef blob, FileStream file, IncrementalHash hash, DateTimeOffset sliceEnd, Deadline deadline)
    {
        using var body = await response.Content.ReadAsStreamAsync(deadline.Token);
        var buffer = new byte[ChunkBytes];
        while (true)
        {
            var read = await body.ReadAsync(buffer, deadline.Token);
            Received += read;
            if (file.Length + read > blob.Size)
            {
                Restart(file, blob, hash);
                return Mismatch($"The service sent more than the {blob.Size} bytes of {blob.Digest}.");
            }

            if (read == 0)
            {
                return file.Length == blob.Size
                    ? null
                    : new(FailureKind.Transient, "network", $"The answer for {blob.Digest} ended at byte {file.Length} of {blob.Size}.");
            }

            hash.AppendData(buffer, 0, read);
            file.Write(buffer, 0, read);
            if (file.Length < blob.Size && clock.GetUtcNow() >= sliceEnd)
            {
                return TimeIsUp;
            }

            deadline.Extend(StallTimeout);
        }
    }

    private static async Task HashPrefixAsync(FileStream file, IncrementalHash hash, CancellationToken cancellationToken)
    {
        var buffer = new byte[ChunkBytes];
        int read;
        while ((read = await file.ReadAsync(buffer, cancellationToken)) > 0)
        {
            hash.AppendData(buffer, 0, read);
        }
    }

    private void Restart(FileStream file, BlobRef blob, IncrementalHash hash)
    {
        file.SetLength(0);
        file.Position = 0;
        hash.GetHashAndReset();
        DiskPath.Remove(store.TagOf(blob.Digest));
    }

    private void RememberTag(BlobRef blob, HttpResponseMessage response)
    {
        // A weak tag says nothing about bytes, and a server may not use it for ranges.
        if (response.Headers.ETag is { IsWeak: false } tag)
        {
            DurableFile.Write(store.TagOf(blob.Digest), Encoding.UTF8.GetBytes(tag.ToString()));
        }
    }

    private static Failure Mismatch(string reason) => new(FailureKind.Attempt, "digest-mismatch", reason);
}
