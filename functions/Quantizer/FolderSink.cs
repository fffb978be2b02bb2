namespace SlmOps.Quantizer;

/// <summary>Writes files beside their places and renames them at the end.</summary>
/// <param name="folder">An existing folder.</param>
public sealed class FolderSink(string folder) : IModelSink
{
    private readonly Dictionary<string, string> _parts = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Stream Create(string name)
    {
        var part = Path.Combine(folder, $"{name}.{Path.GetRandomFileName()}");
        _parts.Add(name, part);
        return new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
    }

    /// <inheritdoc/>
    public void Complete(IReadOnlyList<OutputFile> files)
    {
        foreach (var file in files)
        {
            File.Move(_parts[file.Name], Path.Combine(folder, file.Name), overwrite: true);
        }
    }

    /// <summary>Deletes what was not completed.</summary>
    public void Dispose()
    {
        foreach (var part in _parts.Values)
        {
            File.Delete(part);
        }
    }
}
