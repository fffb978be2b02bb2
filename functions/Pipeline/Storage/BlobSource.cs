using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Storage;

/// <summary>
/// A model in storage, read by ranges where it lies. Blocks that were read stay in memory, up to a bound; of a file that is
/// read from front to back the next ones are on their way already. Strips of a matrix that is larger than that are fetched row
/// by row, several strips at once.
/// </summary>
/// <param name="files">The model's files by their names.</param>
/// <param name="cancellationToken">Ends whatever is being read.</param>
internal sealed class BlobSource(IReadOnlyDictionary<string, PinnedBlob> files, CancellationToken cancellationToken)
    : IModelSource, IDisposable
{
    private const int BlockBytes = ReadAhead.BlockBytes;
    private const int Ahead = 4;
    private const int RowRequests = 16;

    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private readonly Dictionary<(string Name, long Index), LinkedListNode<Block>> _blocks = [];
    private readonly LinkedList<Block> _byUse = [];
    private (string Name, long Index) _last;
    private Band? _band;

    /// <summary>Most blocks that are kept.</summary>
    internal int MaxBlocks { get; init; } = 40;

    /// <summary>Most bytes of strips that are fetched at once.</summary>
    internal int BandBytes { get; init; } = 96 << 20;

    /// <summary>Bytes that were asked of storage.</summary>
    internal long Fetched { get; private set; }

    public long? LengthOf(string name) => files.TryGetValue(name, out var file) ? file.Length : null;

    public void Read(string name, long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            var index = offset / BlockBytes;
            var within = (int)(offset % BlockBytes);
            var count = Math.Min(into.Length, BlockBytes - within);
            Get(name, index, isFollowed: into.Length > count).AsSpan(within, count).CopyTo(into);
            into = into[count..];
            offset += count;
        }
    }

    public void ReadRows(string name, long offset, int stretch, long stride, Span<byte> into)
    {
        var rows = into.Length / stretch;
        if (((rows - 1) * stride) + stretch <= (long)(MaxBlocks - Ahead) * BlockBytes)
        {
            for (var row = 0; row < rows; row++)
            {
                Read(name, offset + (row * stride), into.Slice(row * stretch, stretch));
            }

            return;
        }

        if (_band?.Holds(name, offset, stretch, stride, rows) != true)
        {
            _band = Fetch(name, offset, stretch, stride, rows);
        }

        _band.CopyTo(offset, stretch, into);
    }

    public void Dispose()
    {
        _stop.Cancel();
        foreach (var block in _byUse)
        {
            Task.WhenAny(block.Reading).GetAwaiter().GetResult();
        }

        _stop.Dispose();
    }

    private byte[] Get(string name, long index, bool isFollowed)
    {
        // Used first of all: what is read ahead must not take its memory.
        var node = Start(name, index);
        _byUse.Remove(node);
        _byUse.AddLast(node);
        if (isFollowed || _last == (name, index - 1))
        {
            var last = (files[name].Length - 1) / BlockBytes;
            for (var next = index + 1; next <= Math.Min(last, index + Ahead); next++)
            {
                Start(name, next);
            }
        }

        _last = (name, index);

        // The quantizer computes on this thread and waits for its input here, as it would for a disk.
        node.Value.Reading.GetAwaiter().GetResult();
        return node.Value.Buffer;
    }

    private LinkedListNode<Block> Start(string name, long index)
    {
        if (_blocks.TryGetValue((name, index), out var known))
        {
            return known;
        }

        var buffer = Buffer();
        var file = files[name];
        var length = (int)Math.Min(BlockBytes, file.Length - (index * BlockBytes));
        Fetched += length;
        var reading = file.ReadAsync(index * BlockBytes, buffer.AsMemory(0, length), _stop.Token);
        var node = _byUse.AddLast(new Block(name, index, buffer, reading));
        _blocks.Add((name, index), node);
        return node;
    }

    /// <summary>A new one while there may be more, then the one that was not used for the longest time.</summary>
    private byte[] Buffer()
    {
        if (_blocks.Count < MaxBlocks)
        {
            return GC.AllocateUninitializedArray<byte>(BlockBytes);
        }

        var oldest = _byUse.First!.Value;
        Task.WhenAny(oldest.Reading).GetAwaiter().GetResult();
        _byUse.RemoveFirst();
        _blocks.Remove((oldest.Name, oldest.Index));
        return oldest.Buffer;
    }

    private Band Fetch(string name, long offset, int stretch, long stride, int rows)
    {
        // The blocks' memory is the band's now: what is read in bands is not read in blocks.
        _band = null;
        foreach (var block in _byUse)
        {
            Task.WhenAny(block.Reading).GetAwaiter().GetResult();
        }

        _byUse.Clear();
        _blocks.Clear();
        var file = files[name];
        var most = Math.Min(Math.Max(stretch, BandBytes / rows / stretch * stretch), stride);
        var width = (int)Math.Min(most, file.Length - offset - ((rows - 1) * stride));
        var bytes = GC.AllocateUninitializedArray<byte>(checked(width * rows));
        Fetched += bytes.Length;
        Parallel.ForEachAsync(
            Enumerable.Range(0, rows),
            new ParallelOptions { MaxDegreeOfParallelism = RowRequests, CancellationToken = _stop.Token },
            async (row, token) => await file
                .ReadAsync(offset + (row * stride), bytes.AsMemory(row * width, width), token)
                .ConfigureAwait(false)).GetAwaiter().GetResult();
        return new(name, offset, stride, rows, width, bytes);
    }

    private sealed record Block(string Name, long Index, byte[] Buffer, Task Reading);

    /// <summary>The same stretch of all rows of a matrix, wider than a strip.</summary>
    private sealed record Band(string Name, long Offset, long Stride, int Rows, int Width, byte[] Bytes)
    {
        internal bool Holds(string name, long offset, int stretch, long stride, int rows) =>
            name == Name && stride == Stride && rows == Rows && offset >= Offset && offset + stretch <= Offset + Width;

        internal void CopyTo(long offset, int stretch, Span<byte> into)
        {
            for (var row = 0; row < Rows; row++)
            {
                Bytes.AsSpan((row * Width) + (int)(offset - Offset), stretch).CopyTo(into[(row * stretch)..]);
            }
        }
    }
}
