using SlmOps.Pipeline.Runs;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Quantize;

/// <summary>Says how far the quantizer is, in bytes of the original.</summary>
internal sealed class QuantizeMeter(StageMeter meter) : IProgress<QuantizationProgress>
{
    private StagePart? _part;

    public void Report(QuantizationProgress value) => (_part ??= meter.Begin("quantize", value.Bytes)).At(value.BytesDone);
}
