using Microsoft.ML.OnnxRuntime;
using SlmOps.Inference.Samples;

namespace SlmOps.Inference;

/// <summary>Compares a model that is not judged by the tokens it predicts with the one it was made from.</summary>
public static class OutputComparison
{
    /// <summary>
    /// Runs both on the same inputs and measures how far their outputs are apart. Inputs are the owner's samples, else for an
    /// encoder the sentences of a text, else made up after what the graph and the owner say of them.
    /// </summary>
    /// <param name="baselinePath">The original model; the inputs are shaped for it.</param>
    /// <param name="candidatePath">The model to judge.</param>
    /// <param name="options">How to compare; null for the defaults.</param>
    /// <param name="progress">Gets the share that is done, 0 to 1.</param>
    /// <param name="cancellationToken">Stops the comparison between runs.</param>
    /// <exception cref="ModelOpenException">When one of the models cannot be opened, or no inputs can be made for it.</exception>
    /// <exception cref="InferenceException">When the baseline fails on every input that was tried, or the candidate on one that the baseline took.</exception>
    /// <exception cref="SampleFilesException">When a file of samples is missing, too large or malformed.</exception>
    /// <exception cref="TokenizerException">When the text cannot be encoded.</exception>
    public static OutputComparisonResult Compare(
        string baselinePath,
        string candidatePath,
        OutputComparisonOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Samples, 1, nameof(options));
        using var baseline = ModelSession.Open(baselinePath, options.Threads);
        var ports = TensorPort.From(baseline.InputMetadata);
        if (ports.Count < baseline.InputMetadata.Count)
        {
            throw new ModelOpenException(
                "unsupported-type",
                baselinePath,
                $"{Path.GetFileName(baselinePath)} takes inputs that are not tensors; there are no sample values for them.");
        }

        var inputs = SampleSource.For(baseline, baselinePath, ports, options, cancellationToken);
        var baselineLatency = Latency(baseline, baselinePath, inputs, options, cancellationToken);

        RuntimeWarmUp.Once();
        var before = options.Memory.Start();
        var start = options.Time.GetTimestamp();
        using var candidate = ModelSession.Open(candidatePath, options.Threads);
        using var adapters = AdapterSet.Load(options.CandidateAdapters);
        var loadMs = options.Time.GetElapsedTime(start).TotalMilliseconds;
        // A twin of the original may take float32 where the candidate still takes bfloat16.
        var candidatePorts = TensorPort.From(candidate.InputMetadata);
        var latency = Latency(candidate, candidatePath, inputs.As(candidatePorts), options, cancellationToken, adapters);
        var peak = Math.Max(0, options.Memory.Peak() - before);

        var outputs = TensorPort.From(baseline.OutputMetadata);
        var names = outputs.Values.Where(port => TensorData.IsNumeric(port.Type)).Select(port => port.Name).ToList();
        var sums = names.ToDictionary(name => name, _ => new DifferenceSums(), StringComparer.Ordinal);
        var embeddings = inputs.ReadsTokens && EmbeddingSums.OutputOf(outputs) is { } output ? new EmbeddingSums(output) : null;
        for (var sample = 0; sample < inputs.Count; sample++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var values = inputs.Create(sample);
            using var others = inputs.As(candidatePorts).Create(sample);
            using var expected = ModelSession.Run(baseline, baselinePath, values.Inputs, names);
            using var actual = ModelSession.Run(candidate, candidatePath, others.Inputs, names, adapters);
            for (var i = 0; i < names.Count; i++)
            {
                Add(sums[names[i]], expected[i], actual[i]);
            }

            if (embeddings is not null)
            {
                var at = names.IndexOf(embeddings.Output);
                embeddings.Add(expected[at], actual[at], values.Mask());
            }

            progress?.Report((sample + 1.0) / inputs.Count);
        }

        var differences = names.Select(name => sums[name].Result(name)).ToList();
        return new(
            differences.Select(output => output.SqnrDb).DefaultIfEmpty(OutputDifference.MaxSqnrDb).Min(),
            differences.Select(output => output.Cosine).DefaultIfEmpty(1).Min(),
            differences,
            baselineLatency,
            latency,
            peak,
            loadMs,
            inputs.Count)
        {
            Embeddings = embeddings?.Result(inputs.AreRealTexts),
        };
    }

    private static double Latency(
        InferenceSession session,
        string modelPath,
        SampleSource inputs,
        OutputComparisonOptions options,
        CancellationToken cancellationToken,
        AdapterSet? adapters = null)
    {
        using var values = inputs.Create(0);
        var best = double.MaxValue;
        for (var repeat = 0; repeat < Math.Max(1, options.LatencyRepeats); repeat++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var start = options.Time.GetTimestamp();
            using var outputs = ModelSession.Run(session, modelPath, values.Inputs, session.OutputNames, adapters);
            best = Math.Min(best, options.Time.GetElapsedTime(start).TotalMilliseconds);
        }

        return best;
    }

    private static void Add(DifferenceSums sums, OrtValue expected, OrtValue actual)
    {
        if (!expected.GetTensorTypeAndShape().Shape.AsSpan().SequenceEqual(actual.GetTensorTypeAndShape().Shape))
        {
            sums.MarkIncomparable();
            return;
        }

        sums.Add(TensorData.AsDoubles(expected), TensorData.AsDoubles(actual));
    }
}
