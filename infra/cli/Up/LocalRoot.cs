using SlmOps.Cli.Root;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Tuf;
using SlmOps.Local;
using SlmOps.Packaging;

namespace SlmOps.Cli.Up;

/// <summary>
/// The root of a local platform. One machine has nowhere offline to keep keys, so all three lie in the data folder, and
/// the root is renewed with them when half of its year is over or another key signs.
/// </summary>
internal static class LocalRoot
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(365);
    private static readonly TimeSpan TurnTimeout = TimeSpan.FromSeconds(10);

    internal static string FolderOf(string dataFolder) => Path.Combine(dataFolder, "root");

    /// <summary>Makes what is missing; of several processes that start at once, one does.</summary>
    /// <returns>The first root, which devices trust.</returns>
    internal static byte[] Ensure(string dataFolder, PublicKey releaseKey, PublicKey onlineKey, DateTimeOffset now)
    {
        var (folder, keysFolder) = (FolderOf(dataFolder), Path.Combine(dataFolder, "keys"));
        PrivateFile.Folder(folder);
        using var turn = TakeTurn(Path.Combine(folder, ".lock"));
        var first = Path.Combine(folder, "1.root.json");
        var last = RootCeremony.Newest(folder);
        var online = new TufRole([onlineKey], 1);
        var signing = new TufRoles(new([], 0), new([releaseKey], 1), online, online);
        if (last is null || last.Value.Root.Expires - now < Life / 2 || !Names(last.Value.Root.Roles, signing))
        {
            LocalSigningKey[] keys =
            [
                .. Enumerable.Range(1, 3).Select(number => LocalSigningKey.LoadOrCreate(Path.Combine(keysFolder, $"root-{number}.pem"))),
            ];
            try
            {
                // Local keys sign at once, so nothing is waited for.
                var file = (last is null
                    ? RootCeremony.InitAsync(
                        signing with { Root = new([.. keys.Select(key => key.PublicKey)], 2) }, keys, now + Life, CancellationToken.None)
                    : RootCeremony.RotateAsync(
                        last.Value.Root, signing with { Root = last.Value.Root.Roles.Root }, keys, now + Life, CancellationToken.None))
                    .GetAwaiter().GetResult();
                RootCeremony.Save(folder, file);
            }
            finally
            {
                Array.ForEach(keys, key => key.Dispose());
            }
        }

        return File.ReadAllBytes(first);
    }

    private static bool Names(TufRoles roles, TufRoles signing) =>
        roles.Targets.Keys.SequenceEqual(signing.Targets.Keys) && roles.Timestamp.Keys.SequenceEqual(signing.Timestamp.Keys);

    private static FileStream TakeTurn(string path)
    {
        FileStream? turn = null;
        return SpinWait.SpinUntil(() => (turn = TryOpen(path)) is not null, TurnTimeout)
            ? turn!
            : throw new CliException($"Another process has held {path} for {TurnTimeout.TotalSeconds} s.");
    }

    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }
}
