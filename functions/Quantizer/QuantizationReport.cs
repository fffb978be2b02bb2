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
/// <param name="Name">Name of the weight.</param>
/// <param name="Op">Operators that use it.</param>
/// <param name="Scheme">How it is stored now, such as <c>block-asymmetric</c>, <c>column-symmetric</c>, <c>half</c> or <c>float</c>.</param>
/// <param name="Bits">Bits of one element.</param>
/// <param name="BlockSize">Weights that share a scale, or null.</param>
/// <param name="RelativeError">Sum of squared differences over sum of squares, or null when nothing changed.</param>
/// <param name="BytesBefore">Bytes before; 0 in the second and later rows of a weight that is stored in several forms.</param>
/// <param name="BytesAfter">Bytes after, with scales, zero points and a float copy that something still reads.</param>
/// <param name="Reason">Why it was left alone or why this scheme was chosen.</param>
/// <param name="Zeros">Share of elements that are zero after pruning, or null.</param>
/// <param name="CompressedBefore">Bytes before after general-purpose compression, measured when pruning; else null.</param>
/// <param name="CompressedAfter">Bytes after, compressed the same way; else null.</param>
public sealed record TensorReport(
    string Name,
    string Op,
    string Scheme,
    int Bits,
    int? BlockSize,
    double? RelativeError,
    long BytesBefore,
    long BytesAfter,
    string? Reason,
    double? Zeros = null,
    long? CompressedBefore = null,
    long? CompressedAfter = null);

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
