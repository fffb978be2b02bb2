namespace SlmOps.Inference;

/// <summary>What adapters do to a model.</summary>
/// <param name="IsFinite">True when every output is a finite number.</param>
/// <param name="IsChanged">True when an output differs from that of the model alone.</param>
public sealed record AdapterTrialResult(bool IsFinite, bool IsChanged);

/// <summary>Runs a model alone and with adapters, on the same inputs.</summary>
public static class AdapterTrial
{
    private const int Samples = 2;

    /// <summary>Tries adapters on a language model.</summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="adapters">Adapter files, in order.</param>
    /// <param name="prompts">Token ids to run, each prompt at least one.</param>
    /// <param name="threads">Threads inside one operator.</param>
    /// <param name="cancellationToken">Stops the trial.</param>
    /// <exception cref="ModelOpenException">When the model or an adapter cannot be opened.</exception>
    /// <exception cref="InferenceException">When the model fails while it runs, as with an adapter made for another one.</exception>
    public static AdapterTrialResult OfLanguageModel(
        string modelPath, IReadOnlyList<string> adapters, IReadOnlyList<IReadOnlyList<int>> prompts, int threads, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(adapters);
        ArgumentNullException.ThrowIfNull(prompts);
        var plain = Logits(modelPath, new() { Threads = threads }, prompts, cancellationToken);
        var adapted = Logits(modelPath, new() { Threads = threads, Adapters = adapters }, prompts, cancellationToken);
        return new(adapted.All(float.IsFinite), !plain.SequenceEqual(adapted));
    }

    /// <summary>Tries adapters on any other model, with seeded inputs.</summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="adapters">Adapter files, in order.</param>
    /// <param name="threads">Threads inside one operator.</param>
    /// <param name="cancellationToken">Stops the trial.</param>
    /// <exception cref="ModelOpenException">When the model or an adapter cannot be opened, or no inputs can be made for it.</exception>
    /// <exception cref="InferenceException">When the model fails while it runs, as with an adapter made for another one.</exception>
    public static AdapterTrialResult OfOutputs(string modelPath, IReadOnlyList<string> adapters, int threads, CancellationToken cancellationToken)
    {
        // Any input on which both differ will do, so nothing is asked of the owner.
        var options = new OutputComparisonOptions { Samples = Samples, LatencyRepeats = 1, Threads = threads, CandidateAdapters = adapters, GuessUnknown = true };
        var outputs = OutputComparison.Compare(modelPath, modelPath, options, null, cancellationToken).Outputs;
        return new(outputs.All(output => output.MaxAbsoluteError < double.MaxValue), outputs.Any(output => output.MaxAbsoluteError > 0));
    }

    private static List<float> Logits(
        string modelPath, LanguageModelOptions options, IReadOnlyList<IReadOnlyList<int>> prompts, CancellationToken cancellationToken)
    {
        using var model = LanguageModel.Open(modelPath, options);
        var logits = new List<float>();
        foreach (var prompt in prompts)
        {
            using var session = model.NewSession();
            logits.AddRange(session.Append([.. prompt], allLogits: true, cancellationToken));
        }

        return logits;
    }
}
