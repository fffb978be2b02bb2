namespace SlmOps.EdgeAgent.Disk;

/// <summary>
/// The data folder as a device finds it after years of power cuts and of people who helped: other things may stand where
/// the agent keeps a file. Nothing here ever follows a link.
/// </summary>
internal static class DiskPath
{
    /// <summary>How the name of something put aside ends; each thing put aside takes the place of the one before.</summary>
    internal const string Aside = ".damaged";

    // Enough to see what it was; a device must not keep a gigabyte of nothing.
    private const long MaxAside = 1 << 20;

    internal static PathKind KindOf(string path)
    {
        try
        {
            var attributes = File.GetAttributes(path);
            return (attributes & FileAttributes.ReparsePoint) != 0 ? PathKind.Link
                : (attributes & FileAttributes.Directory) != 0 ? PathKind.Folder
                : PathKind.File;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return PathKind.Missing;
        }
    }

    /// <summary>Moves whatever stands at a path out of the way, and keeps it to be looked at where it is small.</summary>
    internal static void PutAside(string path)
    {
        switch (KindOf(path))
        {
            case PathKind.Folder:
                Remove(path + Aside);
                Directory.Move(path, path + Aside);
                break;
            case PathKind.File when new FileInfo(path).Length <= MaxAside:
                Remove(path + Aside);
                File.Move(path, path + Aside);
                break;
            default:
                Remove(path);
                break;
        }
    }

    /// <summary>Deletes whatever stands at a path; of a link the link alone.</summary>
    internal static void Remove(string path)
    {
        switch (KindOf(path))
        {
            case PathKind.Missing:
                break;
            case PathKind.Folder:
                MakeWritable(path);
                Directory.Delete(path, recursive: true);
                break;
            default:
                // Windows refuses to delete a read-only file; Unix asks the folder alone.
                if (OperatingSystem.IsWindows())
                {
                    File.SetAttributes(path, FileAttributes.Normal);
                }

                File.Delete(path);
                break;
        }
    }

    /// <summary>Makes sure that a file can be opened at a path: no folder and no link stands there.</summary>
    internal static void ClearForFile(string path)
    {
        if (KindOf(path) is PathKind.Folder or PathKind.Link)
        {
            Remove(path);
        }
    }

    /// <summary>Makes sure that a folder can be made at a path: no file and no link stands there.</summary>
    internal static void ClearForFolder(string path)
    {
        if (KindOf(path) is PathKind.File or PathKind.Link)
        {
            Remove(path);
        }
    }

    /// <summary>Opens a file to go on with it; a new one is made exclusively, and none is opened through a link.</summary>
    internal static FileStream OpenToContinue(string path)
    {
        ClearForFile(path);
        var mode = KindOf(path) == PathKind.File ? FileMode.Open : FileMode.CreateNew;
        return new(path, mode, FileAccess.ReadWrite, FileShare.None, 0);
    }

    /// <summary>Opens a new file in the place of whatever stands there.</summary>
    internal static FileStream OpenNew(string path)
    {
        Remove(path);
        return new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 0);
    }

    /// <summary>Makes sure that a folder is there. A link to a folder is one: a store may lie on another disk.</summary>
    internal static void EnsureFolder(string path)
    {
        if (!Directory.Exists(path) && KindOf(path) != PathKind.Missing)
        {
            PutAside(path);
        }

        Directory.CreateDirectory(path);
    }

    /// <summary>Makes a folder for its owner alone. One that somebody made before keeps the mode that he gave it.</summary>
    internal static void MakePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static void MakeWritable(string folder)
    {
        foreach (var file in OperatingSystem.IsWindows() ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories) : [])
        {
            File.SetAttributes(file, FileAttributes.Normal);
        }
    }
}
