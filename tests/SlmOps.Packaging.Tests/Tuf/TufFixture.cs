using SlmOps.Contracts;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Packaging.Tests.Tuf;

/// <summary>A repository in memory that tests publish to, rotate and attack.</summary>
internal sealed class TufFixture : IDisposable
{
    internal static readonly DateTimeOffset Now = Samples.Created;
    private readonly List<LocalSigningKey> _keys = [];

    internal TufFixture()
    {
        RootKeys = [NewKey(), NewKey(), NewKey()];
        TargetsKey = NewKey();
        OnlineKey = NewKey();
    }

    internal Dictionary<string, byte[]> Files { get; } = [];

    internal LocalSigningKey[] RootKeys { get; set; }

    internal LocalSigningKey TargetsKey { get; set; }

    internal LocalSigningKey OnlineKey { get; set; }

    internal TufHead Head { get; set; } = TufHead.None;

    internal List<string> Fetched { get; } = [];

    internal static ReleaseTarget Target(long sequence = 1, string version = "1.0.0") => new(
        new("pydocs-slm", version, Digest.Of("index"u8), 5, Digest.Of("bundle"u8)),
        sequence,
        0,
        [new(Digest.Of("from"u8), Digest.Of("to"u8), new(Digest.Of("delta"u8), 100))]);

    internal LocalSigningKey NewKey()
    {
        _keys.Add(LocalSigningKey.CreateInMemory());
        return _keys[^1];
    }

    internal TufRoles Roles(int threshold = 2) => new(
        new([.. RootKeys.Select(key => key.PublicKey)], threshold),
        new([TargetsKey.PublicKey], 1),
        new([OnlineKey.PublicKey], 1),
        new([OnlineKey.PublicKey], 1));

    internal async Task<TufFile> RootAsync(long version, DateTimeOffset? expires = null, params LocalSigningKey[] signers)
    {
        var root = await TufWriter.RootAsync(
            version, expires ?? Now.AddYears(1), Roles(), signers.Length > 0 ? signers : [RootKeys[0], RootKeys[1]], Stop);
        Put(root);
        return root;
    }

    internal async Task PublishAsync(DateTimeOffset now, params ReleaseTarget[] targets)
    {
        var (schedule, head) = (TufSchedule.Default, Head);
        var files = await TufWriter.TargetsAsync((head.Targets?.Version ?? 0) + 1, now + schedule.Targets, targets, TargetsKey, Stop);
        var snapshot = await TufWriter.SnapshotAsync((head.Snapshot?.Version ?? 0) + 1, now + schedule.Snapshot, files, OnlineKey, Stop);
        var timestamp = await TufWriter.TimestampAsync(head.Timestamp + 1, now + schedule.Timestamp, snapshot, OnlineKey, Stop);
        Head = new(files, snapshot, timestamp.Version);
        new[] { files, snapshot, timestamp }.ToList().ForEach(Put);
    }

    internal void Put(TufFile file) => Files[file.Name] = file.Bytes;

    internal Task<byte[]?> FetchAsync(string name, int limit, CancellationToken cancellationToken)
    {
        Fetched.Add(name);
        return Task.FromResult(Files.TryGetValue(name, out var bytes) ? bytes.Length > limit ? bytes[..(limit + 1)] : bytes : null);
    }

    internal Task<TufUpdate> UpdateAsync(TufState state, DateTimeOffset? now = null) =>
        TufClient.UpdateAsync(state, FetchAsync, now ?? Now, Stop);

    public void Dispose() => _keys.ForEach(key => key.Dispose());
}

/// <summary>Where the repository of a test stands.</summary>
internal sealed record TufHead(TufFile? Targets, TufFile? Snapshot, long Timestamp)
{
    internal static TufHead None { get; } = new(null, null, 0);
}
