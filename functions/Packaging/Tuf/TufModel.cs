using SlmOps.Contracts;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Tuf;

/// <summary>The keys that may sign for a role, and how many of them must.</summary>
/// <param name="Keys">The keys.</param>
/// <param name="Threshold">Least number of different keys, at least 1.</param>
public sealed record TufRole(IReadOnlyList<PublicKey> Keys, int Threshold);

/// <summary>Who signs what.</summary>
/// <param name="Root">Offline keys that can change all the others.</param>
/// <param name="Targets">Says which releases exist.</param>
/// <param name="Snapshot">Says which targets file goes with which.</param>
/// <param name="Timestamp">Says that this is still the newest.</param>
public sealed record TufRoles(TufRole Root, TufRole Targets, TufRole Snapshot, TufRole Timestamp);

/// <summary>A metadata file, ready to be written under its name in <c>metadata/</c>.</summary>
/// <param name="Name">File name, such as <c>3.targets.json</c> or <c>timestamp.json</c>.</param>
/// <param name="Version">Its version.</param>
/// <param name="Bytes">Its bytes.</param>
public sealed record TufFile(string Name, long Version, byte[] Bytes);

/// <summary>A release as the targets role lists it.</summary>
/// <param name="Release">The release; its target path is <c>model/version</c>.</param>
/// <param name="Sequence">Grows with every release of a model; going back on purpose is a new, higher one over old digests.</param>
/// <param name="SecurityFloor">Lowest sequence a device may still run, also when it falls back by itself.</param>
/// <param name="Deltas">Shortcuts from other variants to the ones of this release.</param>
public sealed record ReleaseTarget(ReleaseRef Release, long Sequence, long SecurityFloor, IReadOnlyList<DeltaOffer> Deltas);

/// <summary>A delta that a device may use when it holds <paramref name="From"/>.</summary>
/// <param name="From">Manifest digest of the variant it starts from.</param>
/// <param name="To">Manifest digest of the variant it makes.</param>
/// <param name="Delta">The delta manifest.</param>
public sealed record DeltaOffer(Digest From, Digest To, BlobRef Delta);

/// <summary>How long each role's metadata holds.</summary>
/// <param name="Targets">Signed with the release key; long, because it changes with releases only.</param>
/// <param name="Snapshot">Signed with the online key.</param>
/// <param name="Timestamp">Signed with the online key; short, because it bounds how long a device can be held back.</param>
public sealed record TufSchedule(TimeSpan Targets, TimeSpan Snapshot, TimeSpan Timestamp)
{
    /// <summary>90 days, 7 days, 3 days.</summary>
    public static TufSchedule Default { get; } = new(TimeSpan.FromDays(90), TimeSpan.FromDays(7), TimeSpan.FromDays(3));
}

/// <summary>Versions of the three files that a client accepted last.</summary>
/// <param name="Targets">Version of the targets.</param>
/// <param name="Snapshot">Version of the snapshot.</param>
/// <param name="Timestamp">Version of the timestamp.</param>
public sealed record TufVersions(long Targets, long Snapshot, long Timestamp)
{
    /// <summary>The versions in a client's state; 0 for what it does not have.</summary>
    public static TufVersions Of(TufState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return new(Version(state.Targets, "targets"), Version(state.Snapshot, "snapshot"), Version(state.Timestamp, "timestamp"));
    }

    private static long Version(byte[]? stored, string type) => stored is null ? 0 : TufMetadata.ReadStored(stored, type).Version;
}
