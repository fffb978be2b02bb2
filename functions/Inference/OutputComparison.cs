using Microsoft.ML.OnnxRuntime;

namespace SlmOps.Inference;

/// <summary>Compares a model that is not a language model with the one it was made from, on seeded random inputs.</summary>
public static class OutputComparison
{
    /// <summary>Runs both on the same inputs and measures how far their outputs are apart.</summary>
    /// <param name="baselinePath">The original model; the inputs are shaped for it.</param>
    /// <param name="candidatePath">The model to judge.</param>
    /// <param name="options">How to compare; null for the defaults.</param>
    /// <param name="progress">Gets the share that is done, 0 to 1.</param>
    /// <param name="cancellationToken">Stops the comparison between runs.</param>
    /// <exception cref="ModelOpenException">When one of the models cannot be opened, or no inputs can be made for it.</exception>
    /// <exception cref="InferenceException">When the baseline fails on every shape of input that was tried, or the candidate on the one that the baseline took.</exception>
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
            throw new ModelOpenException("unsupported-type", baselinePath, $"'{baselinePath}' takes inputs that are not tensors; there are no sample values for them.");
        }

        var inputs = new SampleInputs(baselinePath, options);
        var openDimension = FirstThatRuns(baseline, baselinePath, inputs, ports.Values, options, cancellationToken);
        var baselineLatency = Latency(baseline, baselinePath, inputs, ports.Values, openDimension, options, cancellationToken);

        RuntimeWarmUp.Once();
        var before = options.Memory.Start();
        var start = options.Time.GetTimestamp();
        using var candidate = ModelSession.Open(candidatePath, options.Threads);
        using var adapters = AdapterSet.Load(options.CandidateAdapters);
        var loadMs = options.Time.GetElapsedTime(start).TotalMilliseconds;
        var latency = Latency(candidate, candidatePath, inputs, ports.Values, openDimension, options, cancellationToken, adapters);
        var peak = Math.Max(0, options.Memory.Peak() - before);

        var names = TensorPort.From(baseline.OutputMetadata).Values.Where(port => TensorData.IsNumeric(port.Type)).Select(port => port.Name).ToList();
        var sums = names.ToDictionary(name => name, _ => new DifferenceSums(), StringComparer.Ordinal);
        for (var sample = 0; sample < options.Samples; sample++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var values = new OwnedInputs(inputs.Create(ports.Values, sample, openDimension));
            using var expected = Run(baseline, baselinePath, values.Inputs, names);
            using var actual = Run(candidate, candidatePath, values.Inputs, names, adapters);
            for (var i = 0; i < names.Count; i++)
            {
                Add(sums[names[i]], expected[i], actual[i]);
            }

            progress?.Report((sample + 1.0) / options.Samples);
        }

        var outputs = names.Select(name => sums[name].Result(name)).ToList();
        return new(
            outputs.Select(output => output.SqnrDb).DefaultIfEmpty(OutputDifference.MaxSqnrDb).Min(),
            outputs.Select(output => output.Cosine).DefaultIfEmpty(1).Min(),
            outputs,
            baselineLatency,
            latency,
            peak,
            loadMs,
            options.Samples);
    }

    private static int FirstThatRuns(InferenceSession session, string modelPath, SampleInputs inputs, IReadOnlyCollection<TensorPort> ports, OutputComparisonOptions options, CancellationToken cancellationToken)
    {
        Exception? last = null;
        // Without open dimensions every size gives the same inputs.
        var sizes = ports.Any(port => port.Dimensions.Contains(-1)) ? options.OpenDimensions : options.OpenDimensions.Take(1);
        foreach (var size in sizes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                using var values = new OwnedInputs(inputs.Create(ports, sample: 0, size));
                using var outputs = Run(session, modelPath, values.Inputs, session.OutputNames);
                return size;
            }
            catch (InferenceException exception)
            {
                last = exception;
            }
        }

        throw new InferenceException(
            modelPath,
            $"'{modelPath}' runs on no sample input that was tried (open dimensions of {string.Join(", ", options.OpenDimensions)}). Name its dimensions in the options. {last?.Message}",
            last);
    }

    private static double Latency(InferenceSession session, string modelPath, SampleInputs inputs, IReadOnlyCollection<TensorPort> ports, int openDimension, OutputComparisonOptions options, CancellationToken cancellationToken, AdapterSet? adapters = null)
    {
        using var values = new OwnedInputs(inputs.Create(ports, sample: 0, openDimension));
        var best = double.MaxValue;
        for (var repeat = 0; repeat < Math.Max(1, options.LatencyRepeats); repeat++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var start = options.Time.GetTimestamp();
            using var outputs = Run(session, modelPath, values.Inputs, session.OutputNames, adapters);
            best = Math.Min(best, options.Time.GetElapsedTime(start).TotalMilliseconds);
        }

        return best;
    }

    private static IDisposableReadOnlyCollection<OrtValue> Run(InferenceSession session, string modelPath, IReadOnlyDictionary<string, OrtValue> inputs, IReadOnlyCollection<string> outputNames, AdapterSet? adapters = null)
    {
        try
        {
            using var options = new RunOptions();
            adapters?.Activate(options);
            return session.Run(options, inputs, outputNames);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InferenceException(modelPath, $"ONNX Runtime failed while it ran '{modelPath}': {exception.Message}", exception);
        }
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

    private sealed class OwnedInputs(Dictionary<string, OrtValue> inputs) : IDisposable
    {
        internal IReadOnlyDictionary<string, OrtValue> Inputs => inputs;

        public void Dispose()
        {
            foreach (var value in inputs.Values)
            {
                value.Dispose();
            }
        }
    }
}
