using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Onnx;

/// <summary>
/// The model file: its graph as if it were in memory, and its weights read piece by piece. A file of this machine is mapped; of
/// one that lies elsewhere the graph alone is fetched.
/// </summary>
internal sealed unsafe class ModelFile : IDisposable
{
    private const int Piece = 1 << 20;

    private readonly SafeFileHandle? _handle;
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _start;
    private readonly IModelSource? _source;
    private readonly string _name;
    private GraphImage? _image;

    private ModelFile(SafeFileHandle handle, long length)
    {
        (_handle, _name, Length) = (handle, "", length);
        if (length is > 0 and <= int.MaxValue)
        {
            _map = MemoryMappedFile.CreateFromFile(
                handle,
                null,
                0,
                MemoryMappedFileAccess.Read,
                HandleInheritability.None,
                leaveOpen: true);
            _view = _map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            byte* start = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            _start = start + _view.PointerOffset;
        }
    }

    private ModelFile(IModelSource source, string name, long length) => (_source, _name, Length) = (source, name, length);

    internal long Length { get; }

    internal ReadOnlySpan<byte> Span =>
        _image is { } image ? image.Span : _start == null ? [] : new ReadOnlySpan<byte>(_start, (int)Length);

    internal static ModelFile Open(string path)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            return new ModelFile(handle, RandomAccess.GetLength(handle));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    internal static ModelFile Open(IModelSource source, string name) =>
        new(source, name, source.LengthOf(name) ?? throw new FileNotFoundException($"There is no '{name}'.", name));

    /// <summary>Fetches the graph, once its length has been found fit.</summary>
    internal void Load(int maxDepth)
    {
        if (_source is not null && _image is null && Length > 0)
        {
            _image = new GraphImage(_source, _name, checked((int)Length));
            _image.Load(maxDepth);
        }
    }

    /// <summary>True when the span holds a stretch; data of a large tensor of a file elsewhere is not in it.</summary>
    internal bool IsInSpan(ByteRange range) => _image?.Has(range.Start, range.Length) ?? true;

    /// <summary>Reads bytes of a tensor's data.</summary>
    internal void Read(long offset, Span<byte> into)
    {
        if (_source is not null)
        {
            if (IsInSpan(new((int)offset, into.Length)))
            {
                Span.Slice((int)offset, into.Length).CopyTo(into);
            }
            else
            {
                _source.Read(_name, offset, into);
            }

            return;
        }

        while (into.Length > 0)
        {
            var read = RandomAccess.Read(_handle!, into, offset);
            if (read == 0)
            {
                throw new EndOfStreamException("'the model file' became shorter while it was read.");
            }

            into = into[read..];
            offset += read;
        }
    }

    /// <summary>Writes a stretch as it is.</summary>
    internal void CopyTo(Stream output, ByteRange range)
    {
        if (IsInSpan(range))
        {
            output.Write(Span.Slice(range.Start, range.Length));
            return;
        }

        var buffer = new byte[Math.Min(Piece, range.Length)];
        for (var done = 0; done < range.Length;)
        {
            var piece = buffer.AsSpan(0, Math.Min(buffer.Length, range.Length - done));
            Read(range.Start + done, piece);
            output.Write(piece);
            done += piece.Length;
        }
    }

    public void Dispose()
    {
        if (_start != null)
        {
            _view!.SafeMemoryMappedViewHandle.ReleasePointer();
        }

        _view?.Dispose();
        _map?.Dispose();
        _handle?.Dispose();
        _image?.Dispose();
    }
}
