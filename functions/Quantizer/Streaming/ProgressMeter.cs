namespace SlmOps.Quantizer.Streaming;

/// <summary>Counts what is done and tells the caller at most once for each piece.</summary>
internal sealed class ProgressMeter(IProgress<QuantizationProgress>? progress, int tensors, long elements)
{
    private string _tensor = "";
    private int _started;
    private long _done;

    internal void Start(string tensor)
    {
        _tensor = tensor;
        _started++;
        Report();
    }

    internal void Advance(long count)
    {
        _done += count;
        Report();
    }

    private void Report() =>
        progress?.Report(new QuantizationProgress(_tensor, Math.Min(_started - 1, tensors), tensors, Math.Min(_done, elements), elements));
}
