namespace SlmOps.EdgeAgent.Tests.Fakes;

/// <summary>A folder of its own, gone at the end.</summary>
internal sealed class TestFolder : IDisposable
{
    internal TestFolder() => Directory.CreateDirectory(Root);

    internal string Root { get; } = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    internal string this[params string[] parts] => Path.Combine([Root, .. parts]);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
