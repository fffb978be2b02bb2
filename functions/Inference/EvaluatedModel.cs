namespace SlmOps.Inference;

/// <summary>
/// A language model that is evaluated, opened once for all that is asked of it: to predict, to be judged, to answer.
/// Memory counts from before it was opened, so that no other one should be open then.
/// </summary>
internal sealed class EvaluatedModel : IDisposable
{
    private readonly EvaluationOptions _options;
    private readonly long _before;
    private Measured? _measured;

    private EvaluatedModel(LanguageModel model, EvaluationOptions options, long before, double loadMs) =>
        (Model, _options, _before, LoadMs) = (model, options, before, loadMs);

    internal LanguageModel Model { get; }

    /// <summary>Milliseconds that opening took.</summary>
    internal double LoadMs { get; }

    /// <exception cref="ModelOpenException">When the model cannot be opened or is no language model.</exception>
    internal static EvaluatedModel Open(string path, EvaluationOptions options)
    {
        RuntimeWarmUp.Once();
        var before = options.Memory.Start();
        var start = options.Time.GetTimestamp();
        var model = LanguageModel.Open(path, options.Model);
        return new(model, options, before, options.Time.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <summary>Its speeds, and the memory it took for them; measured the first time, which should be before it runs a text.</summary>
    internal Measured Measure(IReadOnlyList<int> tokens, int window, CancellationToken cancellationToken)
    {
        if (_measured is null)
        {
            var speed = DecodeSpeed.Measure(Model, tokens, window, _options, cancellationToken);
            _measured = new(speed, Math.Max(0, _options.Memory.Peak() - _before));
        }

        return _measured;
    }

    public void Dispose() => Model.Dispose();

    internal sealed record Measured(DecodeSpeed Speed, long PeakBytes);
}
