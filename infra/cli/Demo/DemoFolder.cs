using SlmOps.Local;

namespace SlmOps.Cli.Demo;

/// <summary>The demo starts from nothing each time, in a folder that only a demo made.</summary>
internal static class DemoFolder
{
    private const string Mark = "made-by-slmops-demo";

    internal static void Clear(string folder)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            if (!File.Exists(Path.Combine(folder, Mark)))
            {
                throw new CliException($"{folder} holds something that no demo made; name an empty folder with --data.", ExitCode.Usage);
            }

            FolderLock.Take(folder, TimeProvider.System).Dispose();
            Directory.Delete(folder, recursive: true);
        }

        PrivateFile.Folder(folder);
        File.WriteAllText(Path.Combine(folder, Mark), "");
    }
}
