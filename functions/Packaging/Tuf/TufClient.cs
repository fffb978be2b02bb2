using System.Globalization;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;

namespace SlmOps.Packaging.Tuf;

/// <summary>The client workflow of TUF 1.0 (specification, section 5), for the four top-level roles.</summary>
public static class TufClient
{
    /// <summary>Brings the trusted metadata up to date. The time is fixed at the start, so a slow fetch cannot outlive an expiry.</summary>
    /// <param name="state">What was stored.</param>
    /// <param name="fetch">Fetches metadata files; its faults (network) pass through.</param>
    /// <param name="now">The device's clock.</param>
    /// <param name="cancellationToken">Stops the update.</param>
    public static async Task<TufUpdate> UpdateAsync(TufState state, TufFetch fetch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var time = now > state.LatestTime ? now : state.LatestTime;
        var progress = new Progress(state with { LatestTime = time });
        try
        {
            var root = await UpdateRootAsync(progress, fetch, time, cancellationToken).ConfigureAwait(false);
            var timestamp = await UpdateTimestampAsync(progress, root, fetch, time, cancellationToken).ConfigureAwait(false);
            var snapshot = await UpdateSnapshotAsync(progress, root, timestamp, fetch, time, cancellationToken).ConfigureAwait(false);
            var targets = await UpdateTargetsAsync(progress, root, snapshot, fetch, time, cancellationToken).ConfigureAwait(false);
            return new(progress.State, TargetJson.Read(targets.Body), null, null);
        }
        catch (TufRefusal refusal)
        {
            return new(progress.State, null, refusal.Code, refusal.Message);
        }
        catch (PackageFormatException exception)
        {
            return new(progress.State, null, "malformed", exception.Message);
        }
    }

    private static async Task<TufMetadata> UpdateRootAsync(
        Progress progress,
        TufFetch fetch,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var root = TufMetadata.ReadStored(progress.State.Root, "root");
        for (var rotation = 0; rotation < TufLimits.Rotations; rotation++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{root.Version + 1}.root.json");
            if (await fetch(name, TufLimits.Root, cancellationToken).ConfigureAwait(false) is not { } bytes)
            {
                break;
            }

            Bound(bytes, "root", TufLimits.Root);
            // The old keys must agree to the change, the new ones prove that they exist.
            var next = TufMetadata.Read(bytes, "root", root.Role("root"), TufLimits.Root);
            TufMetadata.Read(bytes, "root", next.Role("root"), TufLimits.Root);
            if (next.Version != root.Version + 1)
            {
                throw new TufRefusal("root-version", $"The file {name} holds root version {next.Version}.");
            }

            progress.State = Rotated(root, next, "timestamp") || Rotated(root, next, "snapshot")
                // New online keys: whoever held the old ones may have raised the versions, so they no longer bind.
                ? progress.State with { Root = bytes, Timestamp = null, Snapshot = null, Targets = null }
                : progress.State with { Root = bytes };
            root = next;
        }

        return Fresh(root, now);
    }

    private static async Task<TufMetadata> UpdateTimestampAsync(
        Progress progress, TufMetadata root, TufFetch fetch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var bytes = await RequireAsync(fetch, "timestamp", "timestamp.json", TufLimits.Timestamp, cancellationToken).ConfigureAwait(false);
        Bound(bytes, "timestamp", TufLimits.Timestamp);
        var timestamp = TufMetadata.Read(bytes, "timestamp", root.Role("timestamp"), TufLimits.Timestamp);
        if (progress.State.Timestamp is { } stored)
        {
            var trusted = TufMetadata.ReadStored(stored, "timestamp");
            NotOlder("timestamp", timestamp.Version, trusted.Version);
            NotOlder("snapshot", timestamp.Reference("snapshot.json").Version, trusted.Reference("snapshot.json").Version);
            if (timestamp.Version == trusted.Version)
            {
                // The same version must not bring other content.
                return Fresh(trusted, now);
            }
        }

        progress.State = progress.State with { Timestamp = bytes };
        return Fresh(timestamp, now);
    }

    private static async Task<TufMetadata> UpdateSnapshotAsync(
        Progress progress, TufMetadata root, TufMetadata timestamp, TufFetch fetch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var reference = timestamp.Reference("snapshot.json");
        var bytes = await ReferencedAsync(progress.State.Snapshot, fetch, "snapshot", reference, TufLimits.Snapshot, cancellationToken)
            .ConfigureAwait(false);
        var snapshot = TufMetadata.Read(bytes, "snapshot", root.Role("snapshot"), TufLimits.Snapshot);
        SameVersion("snapshot", snapshot.Version, reference.Version);
        if (progress.State.Snapshot is { } stored)
        {
            NotOlder(
                "targets",
                snapshot.Reference("targets.json").Version,
                TufMetadata.ReadStored(stored, "snapshot").Reference("targets.json").Version);
        }

        Fresh(snapshot, now);
        progress.State = progress.State with { Snapshot = bytes };
        return snapshot;
    }

    private static async Task<TufMetadata> UpdateTargetsAsync(
        Progress progress, TufMetadata root, TufMetadata snapshot, TufFetch fetch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var reference = snapshot.Reference("targets.json");
        var bytes = await ReferencedAsync(progress.State.Targets, fetch, "targets", reference, TufLimits.Targets, cancellationToken)
            .ConfigureAwait(false);
        var targets = TufMetadata.Read(bytes, "targets", root.Role("targets"), TufLimits.Targets);
        SameVersion("targets", targets.Version, reference.Version);
        Fresh(targets, now);
        progress.State = progress.State with { Targets = bytes };
        return targets;
    }

    /// <summary>A file as its reference describes it: the stored one when it is that, else fetched.</summary>
    private static async Task<byte[]> ReferencedAsync(
        byte[]? stored, TufFetch fetch, string type, TufReference reference, int limit, CancellationToken cancellationToken)
    {
        if (stored is not null && reference.Digest is { } same && Digest.Of(stored) == same)
        {
            return stored;
        }

        // Where the length is signed, no byte more than that is fetched, and a longer file is simply another one.
        var most = (int)Math.Min(reference.Length ?? limit, limit);
        var name = string.Create(CultureInfo.InvariantCulture, $"{reference.Version}.{type}.json");
        var bytes = await RequireAsync(fetch, type, name, most, cancellationToken).ConfigureAwait(false);
        if (reference.Length is null)
        {
            Bound(bytes, type, limit);
        }

        return
            (reference.Length is null || bytes.Length == reference.Length)
            && (reference.Digest is not { } digest || Digest.Of(bytes) == digest)
            ? bytes
            : throw new TufRefusal($"{type}-mismatch", $"The file {name} is not the one that the signed metadata names.");
    }

    private static async Task<byte[]> RequireAsync(
        TufFetch fetch,
        string type,
        string name,
        int limit,
        CancellationToken cancellationToken) =>
        await fetch(name, limit, cancellationToken).ConfigureAwait(false) is { } bytes
            ? bytes
            : throw new TufRefusal($"{type}-missing", $"The file {name} does not exist.");

    private static void Bound(byte[] bytes, string type, int limit)
    {
        if (bytes.Length > limit)
        {
            throw new TufRefusal($"{type}-too-large", $"The {type} metadata has more than {limit} bytes.");
        }
    }

    private static TufMetadata Fresh(TufMetadata metadata, DateTimeOffset now) =>
        now < metadata.Expires
            ? metadata
            : throw new TufRefusal(
                $"{metadata.Type}-expired",
                $"The {metadata.Type} metadata expired at {CanonicalJson.Time(metadata.Expires)}; it is {CanonicalJson.Time(now)}.");

    private static void NotOlder(string type, long version, long trusted)
    {
        if (version < trusted)
        {
            throw new TufRefusal($"{type}-rollback", $"The {type} metadata has version {version}; version {trusted} was accepted before.");
        }
    }

    private static void SameVersion(string type, long version, long expected)
    {
        if (version != expected)
        {
            throw new TufRefusal($"{type}-mismatch", $"The {type} metadata has version {version}; the signed metadata names {expected}.");
        }
    }

    private static bool Rotated(TufMetadata before, TufMetadata after, string role) =>
        !before.Role(role).ById.Values.ToHashSet().SetEquals(after.Role(role).ById.Values);

    /// <summary>What has been accepted so far; a later refusal does not undo it.</summary>
    private sealed class Progress(TufState state)
    {
        internal TufState State { get; set; } = state;
    }
}
