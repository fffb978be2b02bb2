namespace SlmOps.Cli.Tests;

/// <summary>A temporary folder of one test.</summary>
internal sealed class Folder : IDisposable
{
    internal Folder(string? name = null)
    {
        Path = System.IO.Path.Combine(Root, name ?? "folder");
        Directory.CreateDirectory(Path);
    }

    internal string Path { get; }

    private string Root { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());

    internal string Put(string relative, string text = "")
    {
        var path = System.IO.Path.Combine(Path, relative);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
