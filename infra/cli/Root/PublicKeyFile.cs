using SlmOps.Packaging.Signing;

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

        if (new FileInfo(path).Length > MaxBytes)
        {
            throw new CliException($"{path} is no PEM file: it has more than {MaxBytes} bytes.", ExitCode.Usage);
        }

        var pem = File.ReadAllText(path);
        if (pem.Contains("PUBLIC KEY", StringComparison.Ordinal))
        {
            return PublicKey.Parse(pem);
        }

        using var key = LocalSigningKey.FromPem(pem);
        return key.PublicKey;
    }
}
