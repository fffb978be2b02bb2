namespace SlmOps.Quantizer.Tests;

/// <summary>Keeps files in memory. Its streams cannot seek or be read, like those of storage.</summary>
internal sealed class MemorySink : IModelSink
{
    private readonly Dictionary<string, WriteOnlyStream> _open = [];

    internal Dictionary<string, byte[]> Files { get; } = [];

    internal IReadOnlyList<OutputFile> Completed { get; private set; } = [];

    /// <summary>Bytes after which every write fails; null for never.</summary>
    internal long? FailsAfter { get; init; }

    internal bool IsDisposed { get; private set; }

    public Stream Create(string name) => _open[name] = new WriteOnlyStream(FailsAfter ?? long.MaxValue);

    public void Complete(IReadOnlyList<OutputFile> files)
    {
        Completed = files;
        foreach (var file in files)
        {
            Assert.True(_open[file.Name].IsClosed, $"{file.Name} is still open.");
            Files[file.Name] = _open[file.Name].Content;
        }
    }

    public void Dispose() => IsDisposed = true;

    private sealed class WriteOnlyStream(long failsAfter) : Stream
    {
        private readonly MemoryStream _bytes = new();

        internal bool IsClosed { get; private set; }

        internal byte[] Content => _bytes.ToArray();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (_bytes.Length + count > failsAfter)
            {
                throw new IOException("The storage is full.");
            }

            _bytes.Write(buffer, offset, count);
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            IsClosed = true;
            base.Dispose(disposing);
        }
    }
}
