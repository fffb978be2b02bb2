namespace SlmOps.Azure.Tests;

/// <summary>A copy of infra/azure in a folder of its own, since Bicep writes its results beside its input.</summary>
internal sealed class InfraCopy : IDisposable
{
    internal InfraCopy()
    {
        foreach (var file in Directory.EnumerateFiles(BicepCli.InfraFolder, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(Folder, Path.GetRelativePath(BicepCli.InfraFolder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    internal string Folder { get; } = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    internal void Write(string name, string text) => File.WriteAllText(Path.Combine(Folder, name), text);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
