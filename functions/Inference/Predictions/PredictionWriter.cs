using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace SlmOps.Inference.Predictions;

/// <summary>
/// Writes a file of predictions. A record: float64 loss, log-sum, mean, kept mass, tail mass and tail entropy, int32 best and kept,
/// then the ids of the kept tokens unless all are kept, then their probabilities as float32; little-endian throughout.
/// </summary>
internal sealed class PredictionWriter
{
    private readonly Stream _target;
    private readonly PredictionHeader _header;
    private readonly Softmax _row;
    private readonly Prediction _prediction;

    internal PredictionWriter(Stream target, PredictionHeader header)
    {
        (_target, _header) = (target, header);
        (_row, _prediction) = (new(header.Vocabulary), new(header.Vocabulary, header.IsWhole));
        header.Write(target);
    }

    /// <summary>Σ −log p of the tokens that follow, so far.</summary>
    internal double Loss { get; private set; }

    internal void Add(ReadOnlySpan<float> logits, int next)
    {
        _row.Read(logits);
        _prediction.Take(_row, logits, next, _header.MostKept);
        Loss += _prediction.Loss;
        Span<byte> fixedPart = stackalloc byte[PredictionHeader.RecordBytes];
        BinaryPrimitives.WriteDoubleLittleEndian(fixedPart, _prediction.Loss);
        BinaryPrimitives.WriteDoubleLittleEndian(fixedPart[8..], _prediction.LogSum);
        BinaryPrimitives.WriteDoubleLittleEndian(fixedPart[16..], _prediction.Mean);
        BinaryPrimitives.WriteDoubleLittleEndian(fixedPart[24..], _prediction.KeptMass);
        BinaryPrimitives.WriteDoubleLittleEndian(fixedPart[32..], _prediction.TailMass);
        BinaryPrimitives.WriteDoubleLittleEndian(fixedPart[40..], _prediction.TailEntropy);
        BinaryPrimitives.WriteInt32LittleEndian(fixedPart[48..], _prediction.Best);
        BinaryPrimitives.WriteInt32LittleEndian(fixedPart[52..], _prediction.Kept);
        _target.Write(fixedPart);
        _target.Write(MemoryMarshal.AsBytes(_prediction.Ids));
        _target.Write(MemoryMarshal.AsBytes(_prediction.Probabilities));
    }
}
