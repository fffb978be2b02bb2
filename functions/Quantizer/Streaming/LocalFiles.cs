using Microsoft.Win32.SafeHandles;

namespace SlmOps.Quantizer.Streaming;

/// <summary>
/// Files of this machine, named by their paths, with positioned reads. Mapped pages would count as memory of the process,
/// and a file that shrinks under a mapping ends it.
/// </summary>
internal sealed class LocalFiles : IModelSource, IDisposable
{
    private readonly Dictionary<string, SafeFileHandle> _handles = new(StringComparer.Ordinal);

    public long? LengthOf(string name) => new FileInfo(name) is { Exists: true } file ? file.Length : null;

    public void Read(string name, long offset, Span<byte> into)
    {
        if (!_handles.TryGetValue(name, out var handle))
        {
            handle = File.OpenHandle(name);
            _handles.Add(name, handle);
        }

        while (into.Length > 0)
        {
            var read = RandomAccess.Read(handle, into, offset);
            if (read == 0)
            {
                throw new EndOfStreamException($"'{Path.GetFileName(name)}' became shorter while it was read.");
            }

            into = into[read..];
            offset += read;
        }
    }

    public void Dispose()
    {
        foreach (var handle in _handles.Values)
        {
            handle.Dispose();
        }

        _handles.Clear();
    }
}
