using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SlmOps.Inference.Predictions;

namespace SlmOps.Inference;

/// <summary>
/// A decoder export (<c>input_ids</c> to <c>logits</c>, with or without a key/value cache) in one ONNX Runtime session.
/// Sessions of <see cref="NewSession"/> may run at the same time on different threads.
/// </summary>
public sealed class LanguageModel : IDisposable
{
    private readonly bool _ownsSession;

    private LanguageModel(
        string modelPath, InferenceSession session, DecoderPorts ports, ModelShape shape, AdapterSet adapters, bool ownsSession = true)
    {
        _ownsSession = ownsSession;
        Adapters = adapters;
        ModelPath = modelPath;
        Session = session;
        Ports = ports;
        Shape = shape;
    }

    /// <summary>What the model takes and gives.</summary>
    public ModelShape Shape { get; private set; }

    /// <summary>The file it was opened from.</summary>
    public string ModelPath { get; }

    internal InferenceSession Session { get; }

    internal DecoderPorts Ports { get; }

    internal AdapterSet Adapters { get; }

    /// <summary>
    /// True for a graph with the input <c>input_ids</c> and the output <c>logits</c>: the convention of decoder exports.
    /// </summary>
    /// <param name="inputNames">Names of the graph's inputs, without those that have an initializer.</param>
    /// <param name="outputNames">Names of the graph's outputs.</param>
    public static bool IsLanguageModel(IEnumerable<string> inputNames, IEnumerable<string> outputNames) =>
        inputNames.Contains(DecoderPorts.TokensName, StringComparer.Ordinal)
        && outputNames.Contains(DecoderPorts.LogitsName, StringComparer.Ordinal);

    /// <summary>Opens a model file; external data is found beside it and memory-mapped by ONNX Runtime where it can.</summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="options">How to open it; null for the defaults.</param>
    /// <exception cref="ModelOpenException">
    /// When the file is missing or broken, is no language model, or needs an input that this code does not know.
    /// </exception>
    public static LanguageModel Open(string modelPath, LanguageModelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        options ??= new();
        var config = ModelConfig.Beside(modelPath);
        var session = ModelSession.Open(modelPath, options.Threads, options.QdqAccuracyLevel, options.Twin);
        AdapterSet? adapters = null;
        try
        {
            adapters = AdapterSet.Load(options.Adapters);
            var ports = DecoderPorts.Read(
                modelPath,
                TensorPort.From(session.InputMetadata),
                TensorPort.From(session.OutputMetadata),
                options.KvHeads ?? config.KvHeads,
                options.HeadSize ?? config.HeadSize);
            var model = new LanguageModel(modelPath, session, ports, ShapeOf(ports, options.MaxPositions ?? config.MaxPositions), adapters);
            if (model.Shape.VocabularySize < 1)
            {
                model.Shape = model.Shape with { VocabularySize = model.ProbeVocabulary() };
            }

            return model;
        }
        catch
        {
            adapters?.Dispose();
            session.Dispose();
            throw;
        }
    }

    /// <summary>The same model in the same session, with adapters; to be disposed before this one.</summary>
    /// <param name="adapters">Adapter files, in the order in which they are active.</param>
    /// <exception cref="ModelOpenException">With <c>adapter-failed</c> when a file is missing or is no adapter.</exception>
    public LanguageModel WithAdapters(IReadOnlyList<string> adapters) =>
        new(ModelPath, Session, Ports, Shape, AdapterSet.Load(adapters), ownsSession: false);

    /// <summary>A new, empty sequence.</summary>
    public DecodeSession NewSession() => new(this);

    /// <summary>
    /// Continues a prompt with the likeliest token each time; ties go to the lowest id. No token ends it early, save
    /// that it stops where the model has no more positions.
    /// </summary>
    /// <param name="prompt">Token ids, at least one.</param>
    /// <param name="maxNewTokens">Tokens to add.</param>
    /// <param name="cancellationToken">Stops the run, also within a forward pass.</param>
    /// <returns>The new tokens alone.</returns>
    /// <exception cref="ArgumentException">When the prompt is empty, too long or names a token outside the vocabulary.</exception>
    /// <exception cref="InferenceException">When the model fails while it runs.</exception>
    public IReadOnlyList<int> GenerateGreedy(IReadOnlyList<int> prompt, int maxNewTokens, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentOutOfRangeException.ThrowIfNegative(maxNewTokens);
        using var session = NewSession();
        var generated = new List<int>();
        Span<int> next = [.. prompt];
        while (generated.Count < maxNewTokens && (Shape.MaxPositions is not { } max || generated.Count == 0 || session.Length < max))
        {
            generated.Add(Argmax.Of(session.Append(next, allLogits: false, cancellationToken)));
            next = new[] { generated[^1] };
        }

        return generated;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Adapters.Dispose();
        if (_ownsSession)
        {
            Session.Dispose();
        }
    }

    private static ModelShape ShapeOf(DecoderPorts ports, int? maxPositions)
    {
        var first = ports.Cache.Count > 0 ? ports.Cache[0] : null;
        return new()
        {
            VocabularySize = ports.Logits.Dimensions[2],
            Layers = ports.Cache.Select(port => port.Past.Split('.')[1]).Distinct().Count(),
            KvHeads = first?.Heads ?? 0,
            HeadSize = first?.HeadSize ?? 0,
            HasKvCache = first is not null,
            MaxPositions = maxPositions,
            NeedsPositionIds = ports.PositionIds is not null,
            NeedsAttentionMask = ports.AttentionMask is not null,
            TokenType = NameOf(ports.Tokens.Type),
            CacheType = first is null ? null : NameOf(first.Type),
            LogitsType = NameOf(ports.Logits.Type),
        };
    }

    private int ProbeVocabulary()
    {
        try
        {
            using var session = NewSession();
            return session.Append([0], allLogits: false).Length;
        }
        catch (InferenceException exception)
        {
            throw new ModelOpenException("session-failed", ModelPath, exception.Message, exception);
        }
    }

    private static string NameOf(TensorElementType type) => type switch
    {
        TensorElementType.Float => "float32",
        TensorElementType.Float16 => "float16",
        TensorElementType.BFloat16 => "bfloat16",
        TensorElementType.Int32 => "int32",
        TensorElementType.Int64 => "int64",
        _ => type.ToString(),
    };
}
