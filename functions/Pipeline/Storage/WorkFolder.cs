using SlmOps.Contracts;

namespace SlmOps.Pipeline.Storage;

/// <summary>A temporary folder of one stage invocation; gone when disposed.</summary>
internal sealed class WorkFolder : IDisposable
{
    internal WorkFolder(string root)
    {
        Path = System.IO.Path.Combine(root, System.IO.Path.GetRandomFileName());
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

    public void Dispose()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
