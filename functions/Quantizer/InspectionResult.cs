namespace SlmOps.Quantizer;

/// <summary>What an inspection may read before it stops. All limits are inclusive.</summary>
public sealed record InspectionLimits
{
    /// <summary>Most bytes of names, types and other text of the graph; weights do not count.</summary>
    public long MaxGraphBytes { get; init; } = 24L << 20;

    /// <summary>Most nodes, subgraphs and functions included, as they are written and again with every function in place of its calls.</summary>
    public int MaxNodes { get; init; } = 100_000;

    /// <summary>Most tensors: initializers and tensor attributes.</summary>
    public int MaxTensors { get; init; } = 100_000;

    /// <summary>Most names, attributes, ports and opset entries together.</summary>
    public int MaxEntries { get; init; } = 600_000;

    /// <summary>Most bytes of the model file and its external data together.</summary>
    public long MaxModelBytes { get; init; } = 64L << 30;

    /// <summary>Deepest nesting of subgraphs.</summary>
    public int MaxDepth { get; init; } = 16;

    /// <summary>
    /// External data may lie behind a symbolic link that stays in the model's folder or leads to a folder <c>blobs</c>
    /// beside it or one of the three folders above, as in a download cache of Hugging Face. For files of the caller's own
    /// machine alone: an upload has no business with links.
    /// </summary>
    public bool FollowCacheLinks { get; init; }

    /// <summary>Most dimensions of a tensor.</summary>
    public int MaxRank { get; init; } = 32;
}

/// <summary>Outcome of an inspection.</summary>
/// <param name="Facts">What the model is, or null when <paramref name="Problems"/> say that it cannot be used.</param>
/// <param name="Problems">Everything found wrong, at most 100; empty for a usable model.</param>
public sealed record InspectionResult(ModelFacts? Facts, IReadOnlyList<ModelProblem> Problems);

/// <summary>One reason why a model cannot be used.</summary>
/// <param name="Code">Machine-readable reason in kebab case, such as <c>external-data-missing</c>.</param>
/// <param name="Message">What is wrong and with which thing.</param>
/// <param name="Cure">What to do about it.</param>
/// <param name="File">The file concerned, relative to the model's folder, or null for the whole.</param>
public sealed record ModelProblem(string Code, string Message, string Cure, string? File);

/// <summary>What a model is, read from its graph; weights are never loaded.</summary>
/// <param name="IrVersion">ONNX IR version.</param>
/// <param name="Producer">Producer name and version; may be empty.</param>
/// <param name="Opsets">Imported version by domain; the standard domain is <c>ai.onnx</c>.</param>
/// <param name="Parameters">Elements of all floating-point weights, each stored tensor counted once.</param>
/// <param name="WeightBytes">Bytes of all weights as stored.</param>
/// <param name="GraphBytes">Bytes of the model file.</param>
/// <param name="Nodes">Nodes of all graphs.</param>
/// <param name="Inputs">Inputs that a caller gives; initializers are left out.</param>
/// <param name="Outputs">Outputs.</param>
/// <param name="Operators">Node count by operator; operators of other domains carry the domain before a colon.</param>
/// <param name="Weights">Weights by element type, largest first.</param>
/// <param name="ExternalFiles">External data files relative to the model's folder, sorted.</param>
/// <param name="Architecture">What the operators and ports look like, in a few words.</param>
/// <param name="QuantizedNodes">Nodes that already compute with quantized weights.</param>
public sealed record ModelFacts(
    long IrVersion,
    string Producer,
    IReadOnlyDictionary<string, long> Opsets,
    long Parameters,
    long WeightBytes,
    long GraphBytes,
    int Nodes,
    IReadOnlyList<GraphPort> Inputs,
    IReadOnlyList<GraphPort> Outputs,
    IReadOnlyDictionary<string, int> Operators,
    IReadOnlyList<WeightGroup> Weights,
    IReadOnlyList<string> ExternalFiles,
    string Architecture,
    int QuantizedNodes)
{
    /// <summary>Places that some versions of ONNX Runtime get wrong or refuse, and the version from which on none does.</summary>
    public IReadOnlyList<RuntimeWarning> Warnings { get; init; } = [];
}

/// <summary>Something that only some versions of ONNX Runtime do right.</summary>
/// <param name="From">The version from which on all do, such as <c>1.29.0</c>.</param>
/// <param name="Text">What it is about: versions, node and reason.</param>
public sealed record RuntimeWarning(string From, string Text);

/// <summary>An input or output of the model.</summary>
/// <param name="Name">Name.</param>
/// <param name="ElementType">Element type, such as <c>float32</c> or <c>int64</c>.</param>
/// <param name="Shape">Dimensions as numbers or symbolic names; <c>?</c> when unknown.</param>
public sealed record GraphPort(string Name, string ElementType, IReadOnlyList<string> Shape)
{
    /// <summary>For an input of whole numbers: rows of the smallest table that they pick from; null when they pick from none that is known.</summary>
    public long? Rows { get; init; }
}

/// <summary>All weights of one element type.</summary>
/// <param name="ElementType">Element type.</param>
/// <param name="Tensors">How many tensors.</param>
/// <param name="Elements">Their elements.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record WeightGroup(string ElementType, int Tensors, long Elements, long Bytes);
