namespace SlmOps.Inference;

/// <summary>
/// A language model that is evaluated, opened once for all that is asked of it: to predict, to be judged, to answer.
/// Memory counts from before it was opened, so that no other one should be open then.
/// </summary>
internal sealed class EvaluatedModel : IDisposable
{
    // A larger model is so much larger than the code that runs it that one more load costs more than it tells.
    private const long MostRehearsedBytes = 256L << 20;

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
        Rehearse(path, options);
        var before = options.Memory.Start();
        var start = options.Time.GetTimestamp();
        var model = LanguageModel.Open(path, options.Model);
        return new(model, options, before, options.Time.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <summary>
    /// Runs the model once and closes it. A fresh process loads and compiles code for that, 8 MB of it, which a small model would
    /// otherwise be said to need itself, and devices would be refused for.
    /// </summary>
    private static void Rehearse(string path, EvaluationOptions options)
    {
        if (Path.GetDirectoryName(path) is { } folder
            && Directory.Exists(folder)
            && new DirectoryInfo(folder).EnumerateFiles().Sum(file => file.Length) <= MostRehearsedBytes)
        {
            using var model = LanguageModel.Open(path, options.Model);
            using var session = model.NewSession();
            var positions = Math.Min(options.WindowTokens + 1, model.Shape.MaxPositions ?? int.MaxValue);
            session.Append(new int[Math.Max(1, positions - 1)], allLogits: true, CancellationToken.None);
            if (positions > 1)
            {
                session.Append([0], allLogits: false, CancellationToken.None);
            }
        }
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
