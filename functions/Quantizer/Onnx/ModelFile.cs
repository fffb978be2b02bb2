using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace SlmOps.Quantizer.Onnx;

/// <summary>The model file, mapped for the graph and open for reading weights piece by piece.</summary>
internal sealed unsafe class ModelFile : IDisposable
{
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _start;

    private ModelFile(SafeFileHandle handle, long length)
    {
        Handle = handle;
        Length = length;
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

    internal SafeFileHandle Handle { get; }

    internal long Length { get; }

    internal ReadOnlySpan<byte> Span => _start == null ? [] : new ReadOnlySpan<byte>(_start, (int)Length);

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

    public void Dispose()
    {
        if (_start != null)
        {
            _view!.SafeMemoryMappedViewHandle.ReleasePointer();
        }

        _view?.Dispose();
        _map?.Dispose();
        Handle.Dispose();
    }
}
