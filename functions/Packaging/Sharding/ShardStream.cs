using Microsoft.Win32.SafeHandles;

namespace SlmOps.Packaging.Sharding;

/// <summary>Reads a shard out of the files that hold its weights, zeros between them, so that it is never written by itself.</summary>
/// <param name="pieces">The pieces by <see cref="ShardPiece.At"/>, without overlaps.</param>
internal sealed class ShardStream(IReadOnlyList<ShardPiece> pieces) : Stream
{
    private readonly Dictionary<string, SafeFileHandle> _files = [];
    private int _piece;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; } = pieces.Count == 0 ? 0 : pieces[^1].At + pieces[^1].Length;

    public override long Position
    {
        get => _position;
        set => (_position, _piece) = (value, 0);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Next(buffer.Length) is not { } next)
        {
            return 0;
        }

        if (next.Piece is not { } piece)
        {
            buffer.Span[..next.Count].Clear();
            return Advance(next.Count);
        }

        var offset = piece.Offset + _position - piece.At;
        return Advance(
            Require(
                await RandomAccess.ReadAsync(FileOf(piece), buffer[..next.Count], offset, cancellationToken).ConfigureAwait(false),
                piece));
    }

    public override int Read(Span<byte> buffer)
    {
        if (Next(buffer.Length) is not { } next)
        {
            return 0;
        }

        if (next.Piece is not { } piece)
        {
            buffer[..next.Count].Clear();
            return Advance(next.Count);
        }

        return Advance(Require(RandomAccess.Read(FileOf(piece), buffer[..next.Count], piece.Offset + _position - piece.At), piece));
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => _position,
        _ => Length,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }

        _files.Clear();
        base.Dispose(disposing);
    }

    /// <summary>The piece at the position and how much of it fits, or a gap; null at the end.</summary>
    private (ShardPiece? Piece, int Count)? Next(int most)
    {
        while (_piece < pieces.Count && pieces[_piece].At + pieces[_piece].Length <= _position)
        {
            _piece++;
        }

        if (_piece == pieces.Count || most == 0)
        {
            return null;
        }

        var piece = pieces[_piece];
        return _position < piece.At
            ? (null, (int)Math.Min(most, piece.At - _position))
            : (piece, (int)Math.Min(most, piece.At + piece.Length - _position));
    }

    private int Advance(int count)
    {
        _position += count;
        return count;
    }

    private static int Require(int read, ShardPiece piece) =>
        read > 0 ? read : throw new InvalidDataException($"'{Path.GetFileName(piece.File)}' became shorter while it was read.");

    private SafeFileHandle FileOf(ShardPiece piece)
    {
        if (!_files.TryGetValue(piece.File, out var file))
        {
            _files[piece.File] = file = File.OpenHandle(piece.File, options: FileOptions.Asynchronous | FileOptions.SequentialScan);
        }

        return file;
    }
}
