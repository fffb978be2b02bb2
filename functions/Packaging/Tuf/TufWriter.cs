using System.Security.Cryptography;
using System.Text.Json;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Signing;

namespace SlmOps.Packaging.Tuf;

/// <summary>
/// Writes TUF 1.0 metadata with consistent snapshots. Write the files in the order they come in and
/// <c>timestamp.json</c> last: a reader then never sees a reference to a file that is not there.
/// </summary>
public static class TufWriter
{
    private const string SpecVersion = "1.0.31";

    /// <summary>Writes root version N. It must be signed by enough root keys of version N-1 and of itself.</summary>
    public static Task<TufFile> RootAsync(
        long version, DateTimeOffset expires, TufRoles roles, IReadOnlyList<ISigningKey> signers, CancellationToken cancellationToken) =>
        Draft($"{version}.root.json", "root", version, expires, json =>
        {
            json.WriteBoolean("consistent_snapshot", true);
            json.WriteStartObject("keys");
            TufRole[] all = [roles.Root, roles.Targets, roles.Snapshot, roles.Timestamp];
            foreach (var key in all.SelectMany(role => role.Keys).Distinct())
            {
                TufKey.Write(json, key);
            }

            json.WriteEndObject();
            json.WriteStartObject("roles");
            WriteRole(json, "root", roles.Root);
            WriteRole(json, "targets", roles.Targets);
            WriteRole(json, "snapshot", roles.Snapshot);
            WriteRole(json, "timestamp", roles.Timestamp);
            json.WriteEndObject();
        }).SignAsync(signers, cancellationToken);

    /// <summary>Writes the list of releases that exist.</summary>
    public static Task<TufFile> TargetsAsync(
        long version,
        DateTimeOffset expires,
        IReadOnlyList<ReleaseTarget> releases,
        ISigningKey key,
        CancellationToken cancellationToken) => Targets(version, expires, releases).SignAsync([key], cancellationToken);

    /// <summary>The list of releases that exist, not signed yet.</summary>
    public static TufDraft Targets(long version, DateTimeOffset expires, IReadOnlyList<ReleaseTarget> releases) =>
        Draft($"{version}.targets.json", "targets", version, expires, json =>
        {
            json.WriteStartObject("targets");
            foreach (var target in releases.OrderBy(target => TargetJson.PathOf(target.Release), StringComparer.Ordinal))
            {
                TargetJson.Write(json, target);
            }

            json.WriteEndObject();
        });

    /// <summary>Writes which targets file belongs to this state of the repository.</summary>
    public static Task<TufFile> SnapshotAsync(
        long version, DateTimeOffset expires, TufFile targets, ISigningKey key, CancellationToken cancellationToken) =>
        Snapshot(version, expires, targets).SignAsync([key], cancellationToken);

    /// <summary>Which targets file belongs to this state, not signed yet.</summary>
    public static TufDraft Snapshot(long version, DateTimeOffset expires, TufFile targets) =>
        Draft($"{version}.snapshot.json", "snapshot", version, expires, json => WriteMeta(json, "targets.json", targets));

    /// <summary>Writes which snapshot is the newest, for a short time.</summary>
    public static Task<TufFile> TimestampAsync(
        long version,
        DateTimeOffset expires,
        TufFile snapshot,
        ISigningKey key,
        CancellationToken cancellationToken) =>
        Draft("timestamp.json", "timestamp", version, expires, json => WriteMeta(json, "snapshot.json", snapshot))
            .SignAsync([key], cancellationToken);

    private static TufDraft Draft(string name, string type, long version, DateTimeOffset expires, Action<Utf8JsonWriter> body) =>
        new(name, version, CanonicalJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("_type", type);
            json.WriteString("spec_version", SpecVersion);
            json.WriteNumber("version", version);
            json.WriteString("expires", CanonicalJson.Time(expires));
            body(json);
            json.WriteEndObject();
        }));

    private static void WriteMeta(Utf8JsonWriter json, string name, TufFile file)
    {
        json.WriteStartObject("meta");
        json.WriteStartObject(name);
        json.WriteNumber("version", file.Version);
        json.WriteNumber("length", file.Bytes.Length);
        json.WriteStartObject("hashes");
        json.WriteString("sha256", Convert.ToHexStringLower(SHA256.HashData(file.Bytes)));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteRole(Utf8JsonWriter json, string name, TufRole role)
    {
        if (role.Threshold < 1 || role.Threshold > role.Keys.Distinct().Count())
        {
            throw new ArgumentException($"Role {name} asks for {role.Threshold} of {role.Keys.Distinct().Count()} keys.", nameof(role));
        }

        json.WriteStartObject(name);
        json.WriteStartArray("keyids");
        foreach (var key in role.Keys)
        {
            json.WriteStringValue(TufKey.IdOf(key));
        }

        json.WriteEndArray();
        json.WriteNumber("threshold", role.Threshold);
        json.WriteEndObject();
    }
}
