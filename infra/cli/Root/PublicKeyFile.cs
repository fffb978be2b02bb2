using System.Text;
using SlmOps.Packaging;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;

namespace SlmOps.Cli.Root;

/// <summary>A public key from a PEM file, which may also be a private key that this machine holds.</summary>
internal static class PublicKeyFile
{
    private const int MaxBytes = 16 << 10;

    internal static PublicKey Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new CliException($"There is no key at {path}.", ExitCode.Usage);
        }

        try
        {
            var pem = Encoding.UTF8.GetString(PlainFile.ReadAll(path, MaxBytes));
            if (pem.Contains("PUBLIC KEY", StringComparison.Ordinal))
            {
                return PublicKey.Parse(pem);
            }

            using var key = LocalSigningKey.FromPem(pem);
            return key.PublicKey;
        }
        catch (PackageFormatException refused)
        {
            throw new CliException($"{path} is no PEM file with a key: {refused.Message}", ExitCode.Usage);
        }
    }
}
