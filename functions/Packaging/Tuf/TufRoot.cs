namespace SlmOps.Packaging.Tuf;

/// <summary>Root metadata: who may sign what.</summary>
/// <param name="Version">1 for the one that devices ship.</param>
/// <param name="Expires">When a device stops to accept it.</param>
/// <param name="Roles">Keys and thresholds.</param>
public sealed record TufRoot(long Version, DateTimeOffset Expires, TufRoles Roles)
{
    /// <summary>Reads root metadata that enough of its own root keys signed.</summary>
    /// <exception cref="PackageFormatException">When it is not that.</exception>
    public static TufRoot Read(byte[] bytes)
    {
        try
        {
            var keys = TufMetadata.Parse(bytes, "root", TufLimits.Root).Role("root");
            return Of(TufMetadata.Read(bytes, "root", keys, TufLimits.Root));
        }
        catch (TufRefusal refusal)
        {
            throw new PackageFormatException(refusal.Code, refusal.Message);
        }
    }

    /// <summary>Reads the root that follows this one, as a device would.</summary>
    /// <exception cref="PackageFormatException">When it is not the next version, or too few keys of either root signed it.</exception>
    public TufRoot ReadNext(byte[] bytes)
    {
        try
        {
            TufMetadata.Read(bytes, "root", KeysOf(Roles.Root), TufLimits.Root);
        }
        catch (TufRefusal refusal)
        {
            throw new PackageFormatException(refusal.Code, $"By the keys of root {Version}: {refusal.Message}");
        }

        var next = Read(bytes);
        return next.Version == Version + 1
            ? next
            : throw new PackageFormatException("root-version", $"Root version {next.Version} does not follow version {Version}.");
    }

    private static TufRoot Of(TufMetadata root) =>
        new(
            root.Version,
            root.Expires,
            new(RoleOf(root, "root"), RoleOf(root, "targets"), RoleOf(root, "snapshot"), RoleOf(root, "timestamp")));

    private static TufRole RoleOf(TufMetadata root, string name)
    {
        var keys = root.Role(name);
        return new([.. keys.ById.Values.Distinct()], keys.Threshold);
    }

    private static TufKeys KeysOf(TufRole role) => new(role.Keys.ToDictionary(TufKey.IdOf), role.Threshold);
}
