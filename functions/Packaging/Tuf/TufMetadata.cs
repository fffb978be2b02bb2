using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Signing;

namespace SlmOps.Packaging.Tuf;

/// <summary>A file that another metadata file names.</summary>
internal sealed record TufReference(long Version, long? Length, Digest? Digest);

/// <summary>The keys of a role under the names that the root gives them.</summary>
internal sealed record TufKeys(IReadOnlyDictionary<string, PublicKey> ById, int Threshold);

/// <summary>Metadata whose signatures hold.</summary>
internal sealed record TufMetadata(string Type, long Version, DateTimeOffset Expires, StrictJson Body)
{
    /// <summary>Reads metadata of a role and counts the different keys that signed it.</summary>
    /// <exception cref="TufRefusal">When it is malformed, of another role, or too few keys signed.</exception>
    internal static TufMetadata Read(ReadOnlySpan<byte> bytes, string type, TufKeys role, int limit)
    {
        try
        {
            var root = StrictJson.Parse(bytes, limit, $"{type} metadata");
            root.Only("signatures", "signed");
            var signed = root.Child("signed");
            var count = Count(root, signed.Canonical(), role);
            return count >= role.Threshold
                ? Of(signed, type)
                : throw new TufRefusal($"{type}-signature", $"The {type} metadata is signed by {count} of {role.Threshold} keys.");
        }
        catch (PackageFormatException exception)
        {
            throw new TufRefusal($"{type}-malformed", exception.Message);
        }
    }

    /// <summary>Reads metadata that was checked when it was stored.</summary>
    internal static TufMetadata ReadStored(ReadOnlySpan<byte> bytes, string type) => Parse(bytes, type, TufLimits.Largest);

    /// <summary>Reads metadata whoever signed it.</summary>
    internal static TufMetadata Parse(ReadOnlySpan<byte> bytes, string type, int limit) =>
        Of(StrictJson.Parse(bytes, limit, $"{type} metadata").Child("signed"), type);

    internal TufKeys Role(string name)
    {
        var role = Body.Child("roles").Child(name);
        var keys = Body.Child("keys");
        var known = new Dictionary<string, PublicKey>();
        foreach (var id in role.Texts("keyids", TufLimits.Keys).Where(keys.Has))
        {
            if (TufKey.Read(keys.Child(id)) is { } key)
            {
                known[id] = key;
            }
        }

        return new(known, (int)role.Number("threshold", 1, TufLimits.Keys));
    }

    internal TufReference Reference(string name)
    {
        var meta = Body.Child("meta").Child(name);
        return new(
            meta.Number("version", 1, int.MaxValue),
            meta.Has("length") ? meta.Number("length", 1, TufLimits.Largest) : null,
            meta.Has("hashes") ? meta.Child("hashes").BareDigest("sha256") : null);
    }

    private static TufMetadata Of(StrictJson signed, string type)
    {
        signed.Is("_type", type);
        if (!signed.Text("spec_version").StartsWith("1.", StringComparison.Ordinal))
        {
            throw signed.Refuse("wrong-spec", "is of a TUF version other than 1.");
        }

        return CanonicalJson.TryTime(signed.Text("expires"), out var expires)
            ? new(type, signed.Number("version", 1, int.MaxValue), expires, signed)
            : throw signed.Refuse("bad-time", "has an expiry that is not a time such as 2026-01-01T00:00:00Z.");
    }

    internal static int Count(StrictJson root, byte[] canonical, TufKeys role)
    {
        // Counted by key, not by name: two names for one key must not count twice.
        var good = new HashSet<PublicKey>();
        foreach (var signature in root.Children("signatures", TufLimits.Keys))
        {
            if (role.ById.TryGetValue(signature.Text("keyid"), out var key)
                && TryHex(signature.Text("sig"), out var bytes)
                && key.Verify(canonical, bytes))
            {
                good.Add(key);
            }
        }

        return good.Count;
    }

    private static bool TryHex(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length / 2];
        // One form only, so that no byte of the file can change unseen.
        return Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done
            && Convert.ToHexStringLower(bytes) == text;
    }
}
