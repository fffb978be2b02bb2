namespace SlmOps.Quantizer;

/// <summary>What a quantization did.</summary>
/// <param name="Recipe">Recipe name.</param>
/// <param name="InputBytes">Bytes of the model and its external data.</param>
/// <param name="OutputBytes">Bytes of everything written.</param>
/// <param name="Ratio">Output bytes over input bytes.</param>
/// <param name="MinimumOrt">Oldest ONNX Runtime that runs the output on a CPU.</param>
/// <param name="Files">What was written, the graph last; the data file before it is missing when the model needs none.</param>
/// <param name="Tensors">Every weight of the model in graph order, changed or not.</param>
public sealed record QuantizationReport(
    string Recipe,
    long InputBytes,
    long OutputBytes,
    double Ratio,
    string MinimumOrt,
    IReadOnlyList<OutputFile> Files,
    IReadOnlyList<TensorReport> Tensors);

/// <summary>What became of one weight.</summary>
public sealed record TensorReport
{
    /// <summary>Name of the weight.</summary>
    public required string Name { get; init; }

    /// <summary>Operators that use it.</summary>
    public required string Op { get; init; }

    /// <summary>How it is stored now, such as <c>block-asymmetric</c>, <c>column-symmetric</c>, <c>half</c> or <c>float</c>.</summary>
    public required string Scheme { get; init; }

    /// <summary>Bits of one element.</summary>
    public required int Bits { get; init; }

    /// <summary>Weights that share a scale, or null.</summary>
    public int? BlockSize { get; init; }

    /// <summary>Sum of squared differences over sum of squares, or null when nothing changed.</summary>
    public double? RelativeError { get; init; }

    /// <summary>Bytes before; 0 in the second and later rows of a weight that is stored in several forms.</summary>
    public required long BytesBefore { get; init; }

    /// <summary>Bytes after, with scales, zero points and a float copy that something still reads.</summary>
    public required long BytesAfter { get; init; }

    /// <summary>Why it was left alone or why this scheme was chosen.</summary>
    public string? Reason { get; init; }

    /// <summary>Share of elements that are zero after pruning, or null.</summary>
    public double? Zeros { get; init; }

    /// <summary>Bytes before after general-purpose compression, measured when pruning; else null.</summary>
    public long? CompressedBefore { get; init; }

    /// <summary>Bytes after, compressed the same way; else null.</summary>
    public long? CompressedAfter { get; init; }
}

/// <summary>How far a quantization is.</summary>
/// <param name="Tensor">Weight being worked on.</param>
/// <param name="TensorsDone">Weights finished.</param>
/// <param name="Tensors">Weights in all.</param>
/// <param name="BytesDone">Input bytes finished.</param>
/// <param name="Bytes">Input bytes in all.</param>
public sealed record QuantizationProgress(string Tensor, int TensorsDone, int Tensors, long BytesDone, long Bytes);

/// <summary>The input or the options were refused; nothing was written.</summary>
public sealed class ModelQuantizationException(IReadOnlyList<ModelProblem> problems)
    : Exception(string.Join(" ", problems.Select(p => p.Message + " " + p.Cure)))
{
    /// <summary>Every reason found.</summary>
    public IReadOnlyList<ModelProblem> Problems => problems;
}
