namespace SlmOps.Packaging;

/// <summary>Where a repository stands.</summary>
/// <param name="Targets">The newest targets file, or null before the first.</param>
/// <param name="Snapshot">The newest snapshot file, or null before the first.</param>
/// <param name="Timestamp">Version of the newest timestamp; 0 before the first.</param>
public sealed record TufHead(TufFile? Targets, TufFile? Snapshot, long Timestamp)
{
    /// <summary>An empty repository.</summary>
    public static TufHead None { get; } = new(null, null, 0);
}

/// <summary>How long each role's metadata holds.</summary>
/// <param name="Targets">Signed with the release key; long, because that key is used by hand or by a release only.</param>
/// <param name="Snapshot">Signed with the online key.</param>
/// <param name="Timestamp">Signed with the online key; short, because it bounds how long a device can be held back.</param>
public sealed record TufSchedule(TimeSpan Targets, TimeSpan Snapshot, TimeSpan Timestamp)
{
    /// <summary>90 days, 7 days, 3 days.</summary>
    public static TufSchedule Default { get; } = new(TimeSpan.FromDays(90), TimeSpan.FromDays(7), TimeSpan.FromDays(3));
}

/// <summary>Files to write, in this order, and where the repository stands then.</summary>
/// <param name="Files">The files; <c>timestamp.json</c> is the last.</param>
/// <param name="Head">The new head.</param>
public sealed record TufPublication(IReadOnlyList<TufFile> Files, TufHead Head);

/// <summary>Moves a repository forward.</summary>
public static class TufPublisher
{
    /// <summary>Publishes a new list of releases.</summary>
    public static async Task<TufPublication> PublishAsync(
        TufHead head,
        IReadOnlyList<ReleaseTarget> releases,
        ISigningKey targetsKey,
        ISigningKey onlineKey,
        TufSchedule schedule,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var targets = await TufWriter.TargetsAsync(
            (head.Targets?.Version ?? 0) + 1, now + schedule.Targets, releases, targetsKey, cancellationToken).ConfigureAwait(false);
        var renewed = await RenewAsync(head with { Targets = targets }, onlineKey, schedule, now, cancellationToken).ConfigureAwait(false);
        return renewed with { Files = [targets, .. renewed.Files] };
    }

    /// <summary>Signs snapshot and timestamp again, so that they do not expire while nothing changes.</summary>
    /// <exception cref="InvalidOperationException">When nothing was published yet.</exception>
    public static async Task<TufPublication> RenewAsync(
        TufHead head, ISigningKey onlineKey, TufSchedule schedule, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var targets = head.Targets ?? throw new InvalidOperationException("The repository has no targets yet; publish a release first.");
        var snapshot = await TufWriter.SnapshotAsync(
            (head.Snapshot?.Version ?? 0) + 1, now + schedule.Snapshot, targets, onlineKey, cancellationToken).ConfigureAwait(false);
        var timestamp = await TufWriter.TimestampAsync(
            head.Timestamp + 1, now + schedule.Timestamp, snapshot, onlineKey, cancellationToken).ConfigureAwait(false);
        return new([snapshot, timestamp], new(targets, snapshot, timestamp.Version));
    }
}
