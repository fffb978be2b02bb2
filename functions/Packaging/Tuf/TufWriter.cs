using System.Security.Cryptography;
using System.Text.Json;

namespace SlmOps.Packaging;

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
        SignAsync($"{version}.root.json", "root", version, expires, signers, json =>
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
        }, cancellationToken);

    /// <summary>Writes the list of releases that exist.</summary>
    public static Task<TufFile> TargetsAsync(
        long version, DateTimeOffset expires, IReadOnlyList<ReleaseTarget> releases, ISigningKey key, CancellationToken cancellationToken) =>
        SignAsync($"{version}.targets.json", "targets", version, expires, [key], json =>
        {
            json.WriteStartObject("targets");
            foreach (var target in releases.OrderBy(target => TargetJson.PathOf(target.Release), StringComparer.Ordinal))
            {
                TargetJson.Write(json, target);
            }

            json.WriteEndObject();
        }, cancellationToken);

    /// <summary>Writes which targets file belongs to this state of the repository.</summary>
    public static Task<TufFile> SnapshotAsync(
        long version, DateTimeOffset expires, TufFile targets, ISigningKey key, CancellationToken cancellationToken) =>
        SignAsync($"{version}.snapshot.json", "snapshot", version, expires, [key], json => WriteMeta(json, "targets.json", targets), cancellationToken);

    /// <summary>Writes which snapshot is the newest, for a short time.</summary>
    public static Task<TufFile> TimestampAsync(
        long version, DateTimeOffset expires, TufFile snapshot, ISigningKey key, CancellationToken cancellationToken) =>
        SignAsync("timestamp.json", "timestamp", version, expires, [key], json => WriteMeta(json, "snapshot.json", snapshot), cancellationToken);

    private static async Task<TufFile> SignAsync(
        string name,
        string type,
        long version,
        DateTimeOffset expires,
        IReadOnlyList<ISigningKey> keys,
        Action<Utf8JsonWriter> body,
        CancellationToken cancellationToken)
    {
        var signed = CanonicalJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("_type", type);
            json.WriteString("spec_version", SpecVersion);
            json.WriteNumber("version", version);
            json.WriteString("expires", CanonicalJson.Time(expires));
            body(json);
            json.WriteEndObject();
        });
        using var document = JsonDocument.Parse(signed);
        var canonical = OlpcJson.Of(document.RootElement);
        var signatures = new List<(string KeyId, byte[] Signature)>();
        foreach (var key in keys)
        {
            signatures.Add((TufKey.IdOf(key.PublicKey), await key.SignAsync(canonical, cancellationToken).ConfigureAwait(false)));
        }

        return new(name, version, CanonicalJson.Write(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("signatures");
            foreach (var (keyId, signature) in signatures)
            {
                json.WriteStartObject();
                json.WriteString("keyid", keyId);
                json.WriteString("sig", Convert.ToHexStringLower(signature));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WritePropertyName("signed");
            json.WriteRawValue(signed);
            json.WriteEndObject();
        }));
    }

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
