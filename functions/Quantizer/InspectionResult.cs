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
public sealed record ModelFacts
{
    /// <summary>ONNX IR version.</summary>
    public required long IrVersion { get; init; }

    /// <summary>Producer name and version; may be empty.</summary>
    public required string Producer { get; init; }

    /// <summary>Imported version by domain; the standard domain is <c>ai.onnx</c>.</summary>
    public required IReadOnlyDictionary<string, long> Opsets { get; init; }

    /// <summary>Elements of all floating-point weights, each stored tensor counted once.</summary>
    public required long Parameters { get; init; }

    /// <summary>Bytes of all weights as stored.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Bytes of the model file.</summary>
    public required long GraphBytes { get; init; }

    /// <summary>Nodes of all graphs.</summary>
    public required int Nodes { get; init; }

    /// <summary>Inputs that a caller gives; initializers are left out.</summary>
    public required IReadOnlyList<GraphPort> Inputs { get; init; }

    /// <summary>Outputs.</summary>
    public required IReadOnlyList<GraphPort> Outputs { get; init; }

    /// <summary>Node count by operator; operators of other domains carry the domain before a colon.</summary>
    public required IReadOnlyDictionary<string, int> Operators { get; init; }

    /// <summary>Weights by element type, largest first.</summary>
    public required IReadOnlyList<WeightGroup> Weights { get; init; }

    /// <summary>External data files relative to the model's folder, sorted.</summary>
    public required IReadOnlyList<string> ExternalFiles { get; init; }

    /// <summary>What the operators and ports look like, in a few words.</summary>
    public required string Architecture { get; init; }

    /// <summary>Nodes that already compute with quantized weights.</summary>
    public required int QuantizedNodes { get; init; }

    /// <summary>Places that versions of ONNX Runtime get wrong, refuse or take very long for, and the version from which on none does.</summary>
    public IReadOnlyList<RuntimeWarning> Warnings { get; init; } = [];
}

/// <summary>Something that only some versions of ONNX Runtime do right, or none.</summary>
/// <param name="From">The version from which on all do, such as <c>1.29.0</c>; empty where none is known that does.</param>
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
