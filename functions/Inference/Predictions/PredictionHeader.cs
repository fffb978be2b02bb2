using System.Buffers.Binary;

namespace SlmOps.Inference.Predictions;

/// <summary>
/// What a file of predictions is about. The file: 8 bytes <c>SLMPRED1</c>, then little-endian int32 vocabulary, window,
/// windows and most tokens kept a position, float64 tokens per second of decoding and of prefill (NaN when not
/// measured), then a record a position as <see cref="PredictionWriter"/> writes it.
/// </summary>
/// <param name="Vocabulary">Tokens that the model tells apart.</param>
/// <param name="Window">Tokens of one window.</param>
/// <param name="Windows">Windows.</param>
/// <param name="MostKept">Most probabilities kept of one position; the vocabulary when nothing is left out.</param>
/// <param name="TokensPerSecond">Decoding speed of the model.</param>
/// <param name="PrefillTokensPerSecond">Speed of one pass over a window.</param>
internal sealed record PredictionHeader(
    int Vocabulary, int Window, int Windows, int MostKept, double TokensPerSecond, double PrefillTokensPerSecond)
{
    internal const int Bytes = 40;

    /// <summary>Bytes of a record without its tokens.</summary>
    internal const int RecordBytes = 56;

    private const int MostVocabulary = 1 << 24;

    private static ReadOnlySpan<byte> Magic => "SLMPRED1"u8;

    internal bool IsWhole => MostKept == Vocabulary;

    internal int Positions => checked(Window * Windows);

    /// <summary>
    /// How much of each position is kept: all of it when the file then stays below the first bound, else as many of the
    /// likeliest tokens as the second one has room for.
    /// </summary>
    internal static int Keep(int vocabulary, long positions, long wholeBytes, long mostBytes)
    {
        if (positions * (RecordBytes + (4L * vocabulary)) <= wholeBytes)
        {
            return vocabulary;
        }

        const int TokenBytes = 8;
        return (int)Math.Clamp(((mostBytes / positions) - RecordBytes) / TokenBytes, 1, vocabulary - 1);
    }

    internal void Write(Stream target)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], Vocabulary);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], Window);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], Windows);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[20..], MostKept);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes[24..], TokensPerSecond);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes[32..], PrefillTokensPerSecond);
        target.Write(bytes);
    }

    /// <exception cref="InvalidDataException">When it is no such file, or its numbers are out of bounds.</exception>
    internal static PredictionHeader Read(Stream source)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        if (source.ReadAtLeast(bytes, Bytes, throwOnEndOfStream: false) < Bytes || !bytes.StartsWith(Magic))
        {
            throw new InvalidDataException("This is no file of predictions.");
        }

        var header = new PredictionHeader(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]),
            BinaryPrimitives.ReadDoubleLittleEndian(bytes[24..]), BinaryPrimitives.ReadDoubleLittleEndian(bytes[32..]));
        return header is { Vocabulary: > 0 and <= MostVocabulary, Window: > 0, Windows: > 0, MostKept: > 0 }
            && header.MostKept <= header.Vocabulary && (long)header.Window * header.Windows <= int.MaxValue
            ? header
            : throw new InvalidDataException("The file of predictions has numbers out of bounds.");
    }
}
