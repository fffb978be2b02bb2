using SlmOps.Contracts;

namespace SlmOps.Pipeline.Storage;

/// <summary>
/// A temporary folder of one stage invocation; gone when disposed. The file beside it is locked as long as the process lives, so
/// that a folder of a process that died is told from one that is in use.
/// </summary>
internal sealed class WorkFolder : IDisposable
{
    private const string Ending = ".lock";

    private readonly FileStream _lock;

    internal WorkFolder(string root)
    {
        Directory.CreateDirectory(root);
        (Path, _lock) = Take(root);
        Directory.CreateDirectory(Path);
    }

    internal string Path { get; }

    /// <summary>A folder inside, created.</summary>
    internal string Folder(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    /// <summary>The path of a safe relative path below a folder.</summary>
    internal static string PathOf(string folder, string relative) => SafePath.IsValid(relative)
        ? System.IO.Path.Combine(folder, relative)
        : throw new InvalidDataException($"'{relative}' is not a safe path: {SafePath.Rule}.");

    /// <summary>A message for the owner of a model, who knows the files by their paths in the upload.</summary>
    internal string WithoutPaths(string message) => Directory.GetDirectories(System.IO.Path.GetFullPath(Path))
        .Aggregate(message, (text, folder) => text.Replace(folder + System.IO.Path.DirectorySeparatorChar, "", StringComparison.Ordinal));

    /// <summary>Deletes the folders whose processes died, and says how many those were and what they held.</summary>
    internal static (int Folders, long Bytes) Sweep(string root)
    {
        var (folders, bytes) = (0, 0L);
        using var own = new WorkFolder(root);
        if (TryLock(own.Path + Ending, FileMode.Open) is { } useless)
        {
            // A volume without locks: nothing tells the living from the dead.
            useless.Dispose();
            return (0, 0);
        }

        foreach (var file in Directory.GetFiles(root, "*" + Ending))
        {
            if (TryLock(file, FileMode.Open) is not { } dead)
            {
                continue;
            }

            using (dead)
            {
                var folder = new DirectoryInfo(file[..^Ending.Length]);
                if (folder is { Exists: true, LinkTarget: null })
                {
                    bytes += folder.EnumerateFiles("*", SearchOption.AllDirectories).Sum(inside => inside.Length);
                    folder.Delete(recursive: true);
                    folders++;
                }
            }
        }

        return (folders, bytes);
    }

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }

        _lock.Dispose();
    }

    private static (string Path, FileStream Lock) Take(string root)
    {
        while (true)
        {
            var path = System.IO.Path.Combine(root, System.IO.Path.GetRandomFileName());
            if (TryLock(path + Ending, FileMode.CreateNew) is { } held)
            {
                return (path, held);
            }
        }
    }

    /// <summary>Null when somebody else has it, or a sweep takes it for dead between its making and its lock.</summary>
    private static FileStream? TryLock(string file, FileMode mode)
    {
        try
        {
            return new(file, new FileStreamOptions
            {
                Mode = mode,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose,
            });
        }
        catch (IOException) when (File.Exists(file) || mode == FileMode.Open)
        {
            return null;
        }
    }
}
