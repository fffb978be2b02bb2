using System.Collections.Concurrent;
using SlmOps.Contracts;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>Freshness metadata as the pipeline publishes it, for tests to change, hold back and forge.</summary>
internal sealed class MetadataRepository : IDisposable
{
    private static readonly TufSchedule Schedule = TufSchedule.Default;
    private readonly LocalSigningKey[] _rootKeys = [.. Enumerable.Range(0, 3).Select(_ => LocalSigningKey.CreateInMemory())];
    private readonly List<ReleaseTarget> _releases = [];
    private readonly Dictionary<Digest, IReadOnlyList<DeltaOffer>> _deltas = [];

    internal MetadataRepository(LocalSigningKey releaseKey)
    {
        ReleaseKey = releaseKey;

        // Some tests run by the real clock.
        Root = Write(RootAsync(1, new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero)));
    }

    internal ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>The root that devices ship.</summary>
    internal byte[] Root { get; }

    internal LocalSigningKey ReleaseKey { get; set; }

    internal LocalSigningKey OnlineKey { get; set; } = LocalSigningKey.CreateInMemory();

    /// <summary>Version of the newest files.</summary>
    internal long Version { get; set; }

    internal ReleaseTarget this[string version] => _releases.Single(one => one.Release.Version == version);

    /// <summary>Lists what a channel names, in the order that lets devices do what it asks, and publishes the list.</summary>
    internal Task ListAsync(ReleaseRef? stable, ReleaseRef? candidate, DateTimeOffset now)
    {
        foreach (var release in new[] { stable, candidate }.OfType<ReleaseRef>())
        {
            var highest = _releases.Select(one => one.Sequence).DefaultIfEmpty().Max();
            var listed = _releases.Find(one => one.Release == release);
            var below = _releases.Where(one =>
                one.Release.Version != release.Version && (one.Release != candidate || release == candidate));
            if (listed is null || below.Any(one => one.Sequence > listed.Sequence))
            {
                Set(new(release, highest + 1, 0, DeltasTo(release)));
            }
        }

        return PublishAsync(now);
    }

    internal IReadOnlyList<DeltaOffer> DeltasTo(ReleaseRef release) => _deltas.GetValueOrDefault(release.Digest, []);

    /// <summary>Offers these deltas to a release, at once or when it is listed.</summary>
    internal async Task OfferAsync(ReleaseRef release, IReadOnlyList<DeltaOffer> deltas, DateTimeOffset now)
    {
        _deltas[release.Digest] = deltas;
        if (_releases.Find(one => one.Release == release) is { } listed)
        {
            Set(listed with { Deltas = deltas });
            await PublishAsync(now);
        }
    }

    internal void Set(ReleaseTarget target)
    {
        _releases.RemoveAll(one => one.Release.Version == target.Release.Version);
        _releases.Add(target);
    }

    internal void Unlist(string version) => _releases.RemoveAll(one => one.Release.Version == version);

    /// <summary>Writes the list under the next version.</summary>
    internal Task PublishAsync(DateTimeOffset now)
    {
        Version++;
        var targets = TufWriter.TargetsAsync(Version, now + Schedule.Targets, _releases, ReleaseKey, CancellationToken.None);
        Write(targets);
        return SnapshotAsync(targets.Result, now);
    }

    internal async Task SnapshotAsync(TufFile targets, DateTimeOffset now)
    {
        var snapshot = await TufWriter.SnapshotAsync(Version, now + Schedule.Snapshot, targets, OnlineKey, CancellationToken.None);
        Files[snapshot.Name] = snapshot.Bytes;
        Write(TufWriter.TimestampAsync(Version, now + Schedule.Timestamp, snapshot, OnlineKey, CancellationToken.None));
    }

    /// <summary>The next root, with the keys that sign now.</summary>
    internal void Rotate(long version, params LocalSigningKey[] signers) =>
        Write(RootAsync(version, new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), signers));

    public void Dispose()
    {
        Array.ForEach(_rootKeys, key => key.Dispose());
        OnlineKey.Dispose();
    }

    private Task<TufFile> RootAsync(long version, DateTimeOffset expires, params LocalSigningKey[] signers)
    {
        var online = new TufRole([OnlineKey.PublicKey], 1);
        return TufWriter.RootAsync(
            version, expires, new(new([.. _rootKeys.Select(key => key.PublicKey)], 2), new([ReleaseKey.PublicKey], 1), online, online),
            signers.Length > 0 ? signers : _rootKeys, CancellationToken.None);
    }

    /// <summary>Local keys sign at once.</summary>
    private byte[] Write(Task<TufFile> file) => Files[file.Result.Name] = file.Result.Bytes;
}
