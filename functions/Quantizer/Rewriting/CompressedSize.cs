using System.IO.Compression;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Counts the bytes that a stream has after general-purpose compression, and keeps none of them.</summary>
internal sealed class CompressedSize : IDisposable
{
    private readonly CountingStream _count = new();
    private readonly DeflateStream _deflate;

    internal CompressedSize() => _deflate = new DeflateStream(_count, CompressionLevel.Fastest, leaveOpen: true);

    internal void Add(ReadOnlySpan<byte> bytes) => _deflate.Write(bytes);

    internal long Complete()
    {
        _deflate.Dispose();
        return _count.Total;
    }

    public void Dispose()
    {
        _deflate.Dispose();
        _count.Dispose();
    }

    private sealed class CountingStream : Stream
    {
        internal long Total { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => Total;

        public override long Position
        {
            get => Total;
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Total += count;

        public override void Write(ReadOnlySpan<byte> buffer) => Total += buffer.Length;
    }
}
