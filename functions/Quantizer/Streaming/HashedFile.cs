using System.Security.Cryptography;

namespace SlmOps.Quantizer.Streaming;

/// <summary>One output file, hashed while it is written.</summary>
internal sealed class HashedFile(IModelSink sink, string name) : Stream
{
    private readonly Stream _stream = sink.Create(name);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _length;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _hash.AppendData(buffer);
        _stream.Write(buffer);
        _length += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Closes the file; throws when its last bytes cannot be written.</summary>
    internal OutputFile Complete()
    {
        _stream.Dispose();
        return new(name, _length, Convert.ToHexStringLower(_hash.GetHashAndReset()));
    }

    public override void Flush() => _stream.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stream.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
