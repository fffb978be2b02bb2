using SlmOps.Pipeline.Processors;

namespace SlmOps.Pipeline.Lab;

/// <summary>Adds up how far the trials are that run at the same time.</summary>
internal sealed class LabSteps(IProgress<LabProgress>? progress, int all)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Variant, string Processor), double> _shares = [];
    private int _done;

    internal IProgress<double> Start(LabModel model, LabProcessor processor) => new Share(this, (model.Name, processor.Name));

    internal LabRow Add(LabRow row)
    {
        lock (_gate)
        {
            _shares.Remove((row.Variant, row.Processor));
            _done++;
            Say(row);
        }

        return row;
    }

    private void Set((string Variant, string Processor) key, double share)
    {
        lock (_gate)
        {
            _shares[key] = share;
            Say(null);
        }
    }

    private void Say(LabRow? row) => progress?.Report(new(Math.Min(1, (_done + _shares.Values.Sum()) / Math.Max(all, 1)), row));

    private sealed class Share(LabSteps steps, (string Variant, string Processor) key) : IProgress<double>
    {
        public void Report(double value) => steps.Set(key, value);
    }
}
