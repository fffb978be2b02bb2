namespace SlmOps.Inference.Trials;

/// <summary>Runs one model on the processor of this process and says what came out, and how far that is from other runs.</summary>
internal static class ModelTrial
{
    /// <exception cref="ModelOpenException">When the model cannot be opened.</exception>
    /// <exception cref="InferenceException">When it fails while it runs.</exception>
    /// <exception cref="ArgumentException">When the text does not fit the model.</exception>
    /// <exception cref="InvalidDataException">When a reference is of something else.</exception>
    internal static TrialResult Run(string modelPath, TrialRequest request, IProgress<double> progress, CancellationToken cancellationToken)
    {
        RuntimeWarmUp.Once();
        GC.Collect();
        var folder = Path.GetDirectoryName(Path.GetFullPath(modelPath))!;
        var before = MappedMemory.Now(folder);
        if (request.Tokens.Count == 0)
        {
            using var session = ModelSession.Open(modelPath, request.Model.Threads);
            return new()
            {
                ModelBytes = MappedMemory.Now(folder) - before,
                CacheBytes = 0,
                Prompt = OutputPass.Run(session, modelPath, request, progress, cancellationToken),
            };
        }

        using var model = LanguageModel.Open(modelPath, request.Model);
        var modelBytes = MappedMemory.Now(folder) - before;
        EvaluationText.RequireInVocabulary(request.Tokens, model);
        var text = TrialText.Of(request, model);
        return new()
        {
            ModelBytes = modelBytes,
            CacheBytes = CacheBytes(model, text.Window),
            Prompt = TextPass.Run(model, text, request, TextPass.Prompt, text.Window, new Half(progress, 0), cancellationToken),
            Steps = TextPass.Run(
                model, text.First(request.StepWindows), request, TextPass.Steps, 1, new Half(progress, 0.5), cancellationToken),
        };
    }

    private static long CacheBytes(LanguageModel model, int tokens) => model.Ports.Cache.Sum(port =>
        (long)port.Heads * port.HeadSize * tokens * (port.Type is Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float ? 4 : 2));

    private sealed class Half(IProgress<double> whole, double start) : IProgress<double>
    {
        public void Report(double value) => whole.Report(start + (value / 2));
    }
}

/// <summary>The windows of a text that a model of so many positions can take.</summary>
internal sealed record TrialText(IReadOnlyList<int> Tokens, int Window, int Windows)
{
    internal int Positions => Window * Windows;

    internal TrialText First(int? windows) => this with { Windows = Math.Clamp(windows ?? Windows, 1, Windows) };

    internal static TrialText Of(TrialRequest request, LanguageModel model)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(request.WindowTokens, 1, nameof(request));
        ArgumentOutOfRangeException.ThrowIfLessThan(request.Tokens.Count, 2, nameof(request));
        var window = Math.Min(Math.Min(request.WindowTokens, model.Shape.MaxPositions ?? int.MaxValue), request.Tokens.Count - 1);
        return new(request.Tokens, window, Math.Max(1, (request.Tokens.Count - 1) / window));
    }
}
