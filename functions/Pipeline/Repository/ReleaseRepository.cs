using SlmOps.Contracts;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Signing;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Repository;

/// <summary>
/// Says which releases exist, in metadata that devices can tell old from new. A change is stored first, then the files
/// are brought up to it; whoever dies in between leaves the rest to the next change or to the timer.
/// </summary>
internal sealed class ReleaseRepository(
    RepositoryStore store, MetadataFiles files, MetadataWriter writer, SigningKeys keys, TimeProvider time, ILogger<ReleaseRepository> log)
{
    private static readonly TufSchedule Schedule = TufSchedule.Default;

    /// <summary>
    /// More in a row would mean that somebody else writes files of other content: ours get the next free number each time.
    /// </summary>
    private const int MaxForeignFiles = 32;

    /// <summary>Lists a release; when this returns, devices can see it.</summary>
    /// <returns>The release as it is listed: the one that came first, when there are two of the version.</returns>
    internal async Task<ReleaseTarget> AddAsync(ReleaseRef release, IReadOnlyList<DeltaOffer> deltas, CancellationToken cancellationToken)
    {
        var state = await ChangeAsync(before => before.Add(release, deltas), cancellationToken).ConfigureAwait(false);
        return state.Find(release.Model, release.Version)!;
    }

    /// <summary>Gives a channel's releases the sequences that devices need to do what its next document asks.</summary>
    internal Task ArrangeAsync(ChannelOrder order, CancellationToken cancellationToken) =>
        ChangeAsync(before => before.Arrange(order), cancellationToken);

    /// <summary>Lists releases no more whose blobs are about to be deleted.</summary>
    internal Task RemoveAsync(IReadOnlySet<Digest> digests, CancellationToken cancellationToken) =>
        ChangeAsync(before => before.Remove(digests), cancellationToken);

    /// <summary>Raises a model's security floor to a release; null when that release is not listed.</summary>
    internal async Task<ReleaseTarget?> RaiseFloorAsync(ModelName model, ModelVersion version, CancellationToken cancellationToken)
    {
        var state = await ChangeAsync(before => before.RaiseFloor(model, version) ?? before, cancellationToken).ConfigureAwait(false);
        return state.Listed.FirstOrDefault(one => one.Release.Model == model && one.Release.Version == version);
    }

    /// <summary>The clock's part: what expires, what another key signs now, and what a dead host left unwritten.</summary>
    internal async Task TickAsync(CancellationToken cancellationToken)
    {
        var ids = await KeyIdsAsync(cancellationToken).ConfigureAwait(false);
        await ChangeAsync(before => before, cancellationToken, before => before.Renew(time.GetUtcNow(), Schedule, ids))
            .ConfigureAwait(false);
    }

    private async Task<RepositoryState> ChangeAsync(
        Func<RepositoryState, RepositoryState> change,
        CancellationToken cancellationToken,
        Func<RepositoryState, RepositoryState>? renew = null)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var seen = await LoadAsync(cancellationToken).ConfigureAwait(false);
            var changed = change(seen.State);
            var next = !ReferenceEquals(changed, seen.State)
                ? changed.Issue(time.GetUtcNow(), Schedule, await KeyIdsAsync(cancellationToken).ConfigureAwait(false))
                : renew?.Invoke(changed) ?? changed;
            if (ReferenceEquals(next, seen.State) || await store.SaveAsync(seen, next, cancellationToken).ConfigureAwait(false))
            {
                await PublishAsync(cancellationToken).ConfigureAwait(false);
                return next;
            }
        }
    }

    /// <summary>Brings the files up to the newest state.</summary>
    private async Task PublishAsync(CancellationToken cancellationToken)
    {
        for (var foreign = 0; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var seen = await store.LoadAsync(cancellationToken).ConfigureAwait(false);
            var head = seen.State.Head;
            var (published, etag) = await files.PublishedAsync(cancellationToken).ConfigureAwait(false);
            if (published >= head.Timestamp.Version)
            {
                return;
            }

            var written = await writer.WriteAsync(seen.State, cancellationToken).ConfigureAwait(false);
            if (written.Timestamp is { } timestamp)
            {
                if (await files.TryReplaceAsync(timestamp, etag, cancellationToken).ConfigureAwait(false))
                {
                    Log.MetadataPublished(log, head.Timestamp.Version, head.Targets.Version, seen.State.Releases.Count);
                    return;
                }

                // Another instance published meanwhile; look again whether ours is still newer.
                continue;
            }

            if (++foreign > MaxForeignFiles)
            {
                throw new InvalidDataException(
                    $"metadata/{written.Foreign} and the {foreign - 1} versions before it hold what this pipeline did not write.");
            }

            Log.MetadataForeign(log, written.Foreign!);
            var ids = await KeyIdsAsync(cancellationToken).ConfigureAwait(false);
            await store.SaveAsync(seen, seen.State.Issue(time.GetUtcNow(), Schedule, ids), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The stored state, or the published one when a table was lost: starting again at 1 would leave every device with
    /// releases that it takes for older than its own.
    /// </summary>
    private async Task<StoredRepository> LoadAsync(CancellationToken cancellationToken)
    {
        var stored = await store.LoadAsync(cancellationToken).ConfigureAwait(false);
        if (stored.ETag is not null
            || await files.ReadAsync(TufFileName.Timestamp, TufFileName.MaxBytes, cancellationToken).ConfigureAwait(false) is null
            || await files.ReadAsync("1.root.json", TufFileName.MaxBytes, cancellationToken).ConfigureAwait(false) is not { } root)
        {
            return stored;
        }

        // Expired or not: what counts is that it was signed.
        var update = await TufClient
            .UpdateAsync(TufState.Initial(root), files.ReadAsync, DateTimeOffset.MinValue, cancellationToken)
            .ConfigureAwait(false);
        if (update.Releases is not { } releases)
        {
            throw new InvalidDataException(
                $"The table {Tables.Repository} is empty, and the published metadata cannot take its place: {update.Reason}");
        }

        var versions = TufVersions.Of(update.State);
        Log.MetadataRecovered(log, versions.Timestamp, releases.Count);
        var recovered = new RepositoryState(
            MetadataHead.None with
            {
                Targets = new(versions.Targets, default),
                Snapshot = new(versions.Snapshot, default),
                Timestamp = new(versions.Timestamp, default),
                Floors = releases.Where(one => one.SecurityFloor > 0).GroupBy(one => one.Release.Model)
                    .ToDictionary(model => model.Key, model => model.Max(one => one.SecurityFloor)),
            },
            [.. releases.Select(one => one with { SecurityFloor = 0 })]);
        await store.SaveAsync(stored, recovered, cancellationToken).ConfigureAwait(false);
        return await store.LoadAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<SigningKeyIds> KeyIdsAsync(CancellationToken cancellationToken) => new(
        (await keys.ReleaseAsync(cancellationToken).ConfigureAwait(false)).KeyId,
        (await keys.OnlineAsync(cancellationToken).ConfigureAwait(false)).KeyId);
}
