using System.CommandLine;
using SlmOps.Cli.Root;
using SlmOps.Packaging;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Cli.Packages;

/// <summary>The key that signs or checks packages by hand: named, or the local platform's own.</summary>
internal static class ReleaseKey
{
    internal static Option<string?> SigningOption() => new("--key")
    {
        Description = "PEM file of the signing key, made when it does not exist (default: the local platform's release key)",
        HelpName = "FILE",
    };

    internal static Option<string?> TrustOption() => new("--key")
    {
        Description = "PEM file of the public key, or a trust.json (default: the local platform's release key)",
        HelpName = "FILE",
    };

    internal static LocalSigningKey Signing(string? path)
    {
        var chosen = path ?? DefaultPath();
        try
        {
            return LocalSigningKey.LoadOrCreate(chosen);
        }
        catch (InvalidOperationException open)
        {
            throw new CliException(open.Message);
        }
        catch (PackageFormatException refused)
        {
            throw new CliException($"{chosen}: {refused.Message}", ExitCode.Usage);
        }
    }

    internal static PublicKey Trusted(string? path)
    {
        var chosen = path ?? DefaultPath();
        if (!File.Exists(chosen))
        {
            throw new CliException($"There is no key at {chosen}. Name the public key of who signed with --key.", ExitCode.Usage);
        }

        if (chosen.EndsWith(".json", StringComparison.Ordinal))
        {
            return TrustRoots.Load(chosen).ReleaseKey;
        }

        return PublicKeyFile.Read(chosen);
    }

    private static string DefaultPath() => Path.Combine(ConnectionOptions.DefaultData(), "keys", "release.pem");
}
