namespace SlmOps.Pipeline.Tests;

internal sealed class TemporaryFolder : IDisposable
{
    internal TemporaryFolder() => Directory.CreateDirectory(Root);

    internal string Root { get; } = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    internal TemporaryFolder With(string path, string text) => With(path, System.Text.Encoding.UTF8.GetBytes(text));

    internal TemporaryFolder With(string path, byte[] bytes)
    {
        File.WriteAllBytes(Path.Combine(Root, path), bytes);
        return this;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
