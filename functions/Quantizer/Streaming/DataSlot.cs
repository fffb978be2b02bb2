namespace SlmOps.Quantizer.Streaming;

/// <summary>A tensor's place in the data file. Each byte is put exactly once.</summary>
internal sealed class DataSlot(DataFile file, (string Origin, string? Consumer) owner, long length, bool inOrder) : IDisposable
{
    private SpillBuffer? _spill;
    private long _put;
    private bool _begun;

    internal long Length => length;

    /// <summary>Where the tensor begins in the file; known when its first byte is written.</summary>
    internal long Offset { get; private set; }

    internal bool IsComplete => _put == length;

    internal void Put(ReadOnlySpan<byte> bytes, long at)
    {
        if (inOrder && _spill is null && file.IsNext(this))
        {
            Begin();
            file.Append(bytes);
        }
        else
        {
            _spill ??= new SpillBuffer(length);
            _spill.Write(at, bytes);
        }

        _put += bytes.Length;
        if (IsComplete)
        {
            file.Advance();
        }
    }

    internal void Flush()
    {
        if (_spill is not null || length == 0)
        {
            Begin();
        }

        if (_spill is not null)
        {
            file.Append(_spill);
            Dispose();
        }
    }

    public void Dispose()
    {
        _spill?.Dispose();
        _spill = null;
    }

    private void Begin()
    {
        if (!_begun)
        {
            _begun = true;
            Offset = file.Begin(owner, length);
        }
    }
}
