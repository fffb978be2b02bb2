namespace SlmOps.Local;

/// <summary>Files and folders that only their owner may read.</summary>
public static class PrivateFile
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Writes the file as a whole or not at all.</summary>
    public static void Write(string path, string text)
    {
        var temporary = path + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var writer = new StreamWriter(temporary, options))
        {
            writer.Write(text);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Makes a folder of ours, closed to others even where it was open, and returns its full path.</summary>
    public static string Folder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return Directory.CreateDirectory(path).FullName;
        }

        var folder = Directory.CreateDirectory(path, Owner);
        if ((folder.UnixFileMode & ~Owner) != UnixFileMode.None)
        {
            folder.UnixFileMode &= Owner;
        }

        return folder.FullName;
    }

    /// <summary>
    /// Makes the data folder that a user named. One that holds other things than ours keeps its mode: what we put into it is
    /// closed all the same.
    /// </summary>
    /// <exception cref="LocalPlatformException">When there can be no such folder.</exception>
    public static string DataFolder(string path)
    {
        try
        {
            var ours = !Directory.Exists(path)
                || File.Exists(Path.Combine(path, "lock"))
                || !Directory.EnumerateFileSystemEntries(path).Any();
            return ours ? Folder(path) : Path.GetFullPath(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LocalPlatformException($"'{path}' cannot be a data folder: {e.Message}", e);
        }
    }
}
