namespace SlmOps.Quantizer.Tests;

/// <summary>A folder's files in memory, under a folder of their own; counts what is read of them.</summary>
internal sealed class MemorySource : IModelSource
{
    private readonly Dictionary<string, byte[]> _files;

    internal MemorySource(string folder, string prefix) =>
        _files = Directory.GetFiles(folder).ToDictionary(path => prefix + Path.GetFileName(path), File.ReadAllBytes);

    /// <summary>Bytes that were read, file by file.</summary>
    internal Dictionary<string, long> Read { get; } = [];

    public long? LengthOf(string name) => _files.TryGetValue(name, out var bytes) ? bytes.Length : null;

    void IModelSource.Read(string name, long offset, Span<byte> into)
    {
        _files[name].AsSpan((int)offset, into.Length).CopyTo(into);
        Read[name] = Read.GetValueOrDefault(name) + into.Length;
    }
}
