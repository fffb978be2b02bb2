using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SlmOps.Inference.Predictions;

/// <summary>Reads a file of predictions, position after position.</summary>
internal sealed class PredictionReader
{
    private readonly Stream _source;
    private readonly Prediction _prediction;

    /// <exception cref="InvalidDataException">When it is no such file.</exception>
    internal PredictionReader(Stream source)
    {
        _source = source;
        Header = PredictionHeader.Read(source);
        _prediction = new(Header.Vocabulary, Header.IsWhole);
    }

    internal PredictionHeader Header { get; }

    /// <summary>The next position; valid until the next call.</summary>
    /// <exception cref="InvalidDataException">When the file ends early or contradicts itself.</exception>
    internal Prediction Next()
    {
        ReadFixed();
        Fill(MemoryMarshal.AsBytes(_prediction.Ids));
        Fill(MemoryMarshal.AsBytes(_prediction.Probabilities));
        foreach (var id in _prediction.Ids)
        {
            if (id < 0 || id >= Header.Vocabulary)
            {
                throw new InvalidDataException("The file of predictions names a token that is not there.");
            }
        }

        return _prediction;
    }

    /// <summary>The next position without its tokens: losses alone. Not to be asked for a divergence.</summary>
    /// <exception cref="InvalidDataException">When the file ends early or contradicts itself.</exception>
    internal Prediction NextLoss()
    {
        ReadFixed();
        var rest = (long)_prediction.Kept * sizeof(float) + (Header.IsWhole ? 0 : (long)_prediction.Kept * sizeof(int));
        if (_source.Position + rest > _source.Length)
        {
            throw EndsEarly();
        }

        _source.Seek(rest, SeekOrigin.Current);
        return _prediction;
    }

    private void ReadFixed()
    {
        Span<byte> fixedPart = stackalloc byte[PredictionHeader.RecordBytes];
        Fill(fixedPart);
        _prediction.Loss = BinaryPrimitives.ReadDoubleLittleEndian(fixedPart);
        _prediction.LogSum = BinaryPrimitives.ReadDoubleLittleEndian(fixedPart[8..]);
        _prediction.Mean = BinaryPrimitives.ReadDoubleLittleEndian(fixedPart[16..]);
        _prediction.KeptMass = BinaryPrimitives.ReadDoubleLittleEndian(fixedPart[24..]);
        _prediction.TailMass = BinaryPrimitives.ReadDoubleLittleEndian(fixedPart[32..]);
        _prediction.TailEntropy = BinaryPrimitives.ReadDoubleLittleEndian(fixedPart[40..]);
        _prediction.Best = BinaryPrimitives.ReadInt32LittleEndian(fixedPart[48..]);
        var kept = BinaryPrimitives.ReadInt32LittleEndian(fixedPart[52..]);
        if (kept < 0 || kept > Header.MostKept || (Header.IsWhole && kept != Header.Vocabulary))
        {
            throw new InvalidDataException("The file of predictions contradicts itself.");
        }

        _prediction.Kept = kept;
    }

    private static InvalidDataException EndsEarly() => new("The file of predictions ends early.");

    private void Fill(Span<byte> target)
    {
        if (_source.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) < target.Length)
        {
            throw EndsEarly();
        }
    }
}
