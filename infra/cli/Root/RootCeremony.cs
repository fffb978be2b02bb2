using System.Globalization;
using SlmOps.Packaging;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Cli.Root;

/// <summary>Makes root metadata, and checks as a device would that it follows from the one before.</summary>
internal static class RootCeremony
{
    private const string Suffix = ".root.json";

    /// <summary>The first root: it is what devices ship, so enough of its own keys must sign it.</summary>
    /// <exception cref="CliException">When too few keys sign.</exception>
    internal static async Task<TufFile> InitAsync(
        TufRoles roles, IReadOnlyList<ISigningKey> signers, DateTimeOffset expires, CancellationToken cancellationToken)
    {
        var root = await WriteAsync(1, roles, signers, expires, cancellationToken);
        Checked(() => TufRoot.Read(root.Bytes));
        return root;
    }

    /// <summary>The next root, signed by enough keys of the last one and of itself.</summary>
    /// <exception cref="CliException">When too few keys sign.</exception>
    internal static async Task<TufFile> RotateAsync(
        TufRoot last, TufRoles roles, IReadOnlyList<ISigningKey> signers, DateTimeOffset expires, CancellationToken cancellationToken)
    {
        var root = await WriteAsync(last.Version + 1, roles, signers, expires, cancellationToken);
        Checked(() => last.ReadNext(root.Bytes));
        return root;
    }

    /// <summary>The newest root file of a folder with its path, or null; the chain from the first one is checked.</summary>
    internal static (string Path, TufRoot Root)? Newest(string folder)
    {
        TufRoot? root = null;
        for (long version = 1; ; version++)
        {
            var path = PathOf(folder, version);
            if (!File.Exists(path))
            {
                return root is null ? null : (PathOf(folder, version - 1), root);
            }

            var bytes = PlainFile.ReadAll(path, TufFileName.MaxBytes);
            root = root is null ? TufRoot.Read(bytes) : root.ReadNext(bytes);
        }
    }

    /// <summary>Writes the file whole, and never over another one.</summary>
    internal static string Save(string folder, TufFile root)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, root.Name);
        if (File.Exists(path))
        {
            throw new CliException(
                $"{path} exists. A root that was published is never replaced, only followed by the next one: slmops root rotate.");
        }

        var temporary = path + ".new";
        File.WriteAllBytes(temporary, root.Bytes);
        File.Move(temporary, path);
        return path;
    }

    private static string PathOf(string folder, long version) =>
        Path.Combine(folder, version.ToString(CultureInfo.InvariantCulture) + Suffix);

    private static Task<TufFile> WriteAsync(
        long version, TufRoles roles, IReadOnlyList<ISigningKey> signers, DateTimeOffset expires, CancellationToken cancellationToken)
    {
        try
        {
            return TufWriter.RootAsync(version, expires, roles, [.. signers.DistinctBy(signer => signer.KeyId)], cancellationToken);
        }
        catch (ArgumentException asked)
        {
            throw new CliException(asked.Message, ExitCode.Usage);
        }
    }

    private static void Checked(Func<TufRoot> read)
    {
        try
        {
            read();
        }
        catch (PackageFormatException refused)
        {
            throw new CliException($"No device would accept this root. {refused.Message}");
        }
    }
}
