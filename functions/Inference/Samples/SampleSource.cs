using Microsoft.ML.OnnxRuntime;

namespace SlmOps.Inference.Samples;

/// <summary>The inputs that two models are compared on: how many sets, and each of them when its turn comes.</summary>
internal sealed class SampleSource
{
    private readonly IReadOnlyCollection<TensorPort> _ports;
    private readonly SampleInputs _inputs;
    private readonly IReadOnlyList<SampleShape> _shapes;
    private readonly IReadOnlyList<IReadOnlyDictionary<string, SampleArray>> _given;

    private SampleSource(
        IReadOnlyCollection<TensorPort> ports, SampleInputs inputs, IReadOnlyList<SampleShape> shapes,
        IReadOnlyList<IReadOnlyDictionary<string, SampleArray>> given, int count) =>
        (_ports, _inputs, _shapes, _given, Count) = (ports, inputs, shapes, given, count);

    internal int Count { get; private init; }

    /// <summary>True for models of token ids.</summary>
    internal bool ReadsTokens { get; private init; }

    /// <summary>True for sentences that somebody wrote.</summary>
    internal bool AreRealTexts { get; private init; }

    /// <exception cref="ModelOpenException">When no inputs can be made up for the model.</exception>
    /// <exception cref="InferenceException">When it runs on none.</exception>
    internal static SampleSource For(
        InferenceSession session,
        string modelPath,
        Dictionary<string, TensorPort> ports,
        SampleOptions options,
        CancellationToken cancellationToken)
    {
        var inputs = new SampleInputs(modelPath, options, PixelRange.Read(session.ModelMetadata.CustomMetadataMap));
        var readsTokens = SampleShape.ReadsTokens(ports.Values, options);
        var given = options switch
        {
            { SampleFiles.Count: > 0 } => Named(SampleFiles.Read(options.SampleFiles, options.SampleLimits), ports, modelPath),
            { TextFile: { } text, TokenizerFile: { } tokenizer } when ports.ContainsKey(DecoderPorts.TokensName) => TextSamples.Create(
                ports.Values,
                File.ReadAllText(text),
                Tokenizer.Load(tokenizer),
                options.Sentences,
                LongestText(ports, options),
                cancellationToken),
            _ => [],
        };
        var unknown = inputs.Unknown(ports.Values.Where(port => given.Count == 0 || given.Any(set => !set.ContainsKey(port.Name))));
        if (unknown.Count > 0)
        {
            throw inputs.Refusal(unknown);
        }

        if (given.Count > 0)
        {
            return new(ports.Values, inputs, [], given, given.Count)
            {
                ReadsTokens = readsTokens,
                AreRealTexts = options.SampleFiles.Count == 0,
            };
        }

        var shapes = Running(session, modelPath, ports.Values, inputs, options, readsTokens, cancellationToken);
        return new(ports.Values, inputs, shapes, [], options.Samples) { ReadsTokens = readsTokens };
    }

    /// <summary>The same values in the element types that another model takes.</summary>
    internal SampleSource As(IReadOnlyDictionary<string, TensorPort> ports) =>
        new(
            [.. _ports.Select(port => ports.TryGetValue(port.Name, out var other) ? port with { Type = other.Type } : port)],
            _inputs,
            _shapes,
            _given,
            Count)
        {
            ReadsTokens = ReadsTokens,
            AreRealTexts = AreRealTexts,
        };

    internal OwnedInputs Create(int sample)
    {
        if (_given.Count == 0)
        {
            return new(_inputs.Create(_ports, sample, _shapes[sample % _shapes.Count]));
        }

        var set = _given[sample];
        var known = set.Values.Select(array => array.Shape).FirstOrDefault(shape => shape.Length > 1) ?? [1, 1];
        var values = _inputs.Create(_ports.Where(port => !set.ContainsKey(port.Name)), sample, new((int)known[0], (int)known[^1], 0));
        var owned = new OwnedInputs(values);
        try
        {
            foreach (var port in _ports.Where(port => set.ContainsKey(port.Name)))
            {
                values.Add(port.Name, _inputs.Given(port, set[port.Name]));
            }

            return owned;
        }
        catch
        {
            owned.Dispose();
            throw;
        }
    }

    /// <summary>Positions that the model is given end with their table.</summary>
    private static int LongestText(Dictionary<string, TensorPort> ports, SampleOptions options) => (int)ports.Values
        .Where(port => port.Name.Contains("position", StringComparison.OrdinalIgnoreCase))
        .Select(port => options.Inputs.GetValueOrDefault(port.Name)?.Rows ?? long.MaxValue)
        .Append(options.SentenceTokens).Min();

    /// <summary>An array that stands alone is the only input; a name that no input has is a mistake.</summary>
    private static IReadOnlyList<IReadOnlyDictionary<string, SampleArray>> Named(
        IReadOnlyList<IReadOnlyDictionary<string, SampleArray>> sets, Dictionary<string, TensorPort> ports, string modelPath)
    {
        if (ports.Count == 1 && sets.All(set => set.Count == 1))
        {
            return [.. sets.Select(set => new Dictionary<string, SampleArray> { [ports.Keys.First()] = set.Values.First() })];
        }

        return sets.SelectMany(set => set.Keys).FirstOrDefault(name => !ports.ContainsKey(name)) is { } strange
            ? throw new ModelOpenException(
                "unsupported-input",
                modelPath,
                $"The samples hold '{strange}'; {Path.GetFileName(modelPath)} takes "
                    + $"{string.Join(", ", ports.Keys.Order(StringComparer.Ordinal).Select(name => $"'{name}'"))}. Name each array after "
                    + "an input."
            )
            : sets;
    }

    private static List<SampleShape> Running(
        InferenceSession session,
        string modelPath,
        IReadOnlyCollection<TensorPort> ports,
        SampleInputs inputs,
        SampleOptions options,
        bool readsTokens,
        CancellationToken cancellationToken)
    {
        const int Most = 4;
        Exception? last = null;
        var running = new List<SampleShape>();
        foreach (var shape in SampleShape.Candidates(ports, options, readsTokens))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                using var values = new OwnedInputs(inputs.Create(ports, sample: 0, shape));
                using var outputs = ModelSession.Run(session, modelPath, values.Inputs, session.OutputNames);
                running.Add(shape);
                if (!readsTokens || running.Count == Most)
                {
                    break;
                }
            }
            catch (InferenceException exception)
            {
                last = exception;
            }
        }

        return running.Count > 0
            ? running
            : throw new InferenceException(
                modelPath,
                $"{Path.GetFileName(modelPath)} runs on no sample input that was tried (open dimensions of "
                    + $"{string.Join(", ", options.OpenDimensions)}). "
                    + "Write in slmops.json the shape or the value of an input, such as "
                    + Example(ports)
                    + ", or give inputs of your own as \"samples\". "
                    + last?.Message,
                last);
    }

    private static string Example(IReadOnlyCollection<TensorPort> ports) =>
        ports.FirstOrDefault(port => port.Dimensions.Contains(-1)) is { } open
            ? $"\"inputs\": {{ \"{open.Name}\": {{ \"shape\": [{string.Join(", ", open.Dimensions.Select(size => size < 0 ? 1 : size))}] "
                + "} }"
            : $"\"inputs\": {{ \"{ports.FirstOrDefault()?.Name ?? "x"}\": {{ \"value\": 1 }} }}";
}

/// <summary>Inputs of one run, released together.</summary>
internal sealed class OwnedInputs(Dictionary<string, OrtValue> inputs) : IDisposable
{
    internal IReadOnlyDictionary<string, OrtValue> Inputs => inputs;

    /// <summary>The mask over tokens, or null without one.</summary>
    internal double[]? Mask() =>
        inputs
            .FirstOrDefault(input =>
                input.Key.Contains("mask", StringComparison.OrdinalIgnoreCase) && input.Value.GetTensorTypeAndShape().Shape.Length == 2)
            .Value
            is { } mask
            ? TensorData.AsDoubles(mask)
            : null;

    public void Dispose()
    {
        foreach (var value in inputs.Values)
        {
            value.Dispose();
        }
    }
}
