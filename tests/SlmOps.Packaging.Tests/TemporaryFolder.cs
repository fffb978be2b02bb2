namespace SlmOps.Packaging.Tests;

internal sealed class TemporaryFolder : IDisposable
{
    internal TemporaryFolder() => Directory.CreateDirectory(Root);

    internal string Root { get; } = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    internal string this[string path] => Path.Combine(Root, path);

    internal TemporaryFolder With(string path, string text) => With(path, System.Text.Encoding.UTF8.GetBytes(text));

    internal TemporaryFolder With(string path, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[path])!);
        File.WriteAllBytes(this[path], bytes);
        return this;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
