namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>A temporary folder of one test.</summary>
internal sealed class Folder : IDisposable
{
    internal string Path { get; } = Directory.CreateDirectory(
        System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName())).FullName;

    internal string Of(string relative) => System.IO.Path.Combine(Path, relative);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
