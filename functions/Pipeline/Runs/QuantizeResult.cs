using SlmOps.Contracts;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Runs;

/// <summary>One variant as built, or why it could not be.</summary>
/// <param name="Variant">Variant name.</param>
/// <param name="Recipe">Quantizer recipe.</param>
/// <param name="Files">Graph and weights; empty when the quantizer refused.</param>
/// <param name="Bytes">Bytes of graph and weights.</param>
/// <param name="Ratio">Bytes divided by the original's.</param>
/// <param name="MinimumOrt">Lowest ONNX Runtime version that runs it.</param>
/// <param name="Quantized">Weights that were quantized.</param>
/// <param name="Kept">Weights left as they were.</param>
/// <param name="Problems">Why the quantizer refused; empty when it did not.</param>
/// <param name="ElapsedMs">How long the stage took.</param>
internal sealed record QuantizeResult(
    string Variant,
    string Recipe,
    IReadOnlyList<StoredFile> Files,
    long Bytes,
    double Ratio,
    string MinimumOrt,
    int Quantized,
    int Kept,
    IReadOnlyList<Problem> Problems,
    long ElapsedMs)
{
    internal const string Prefix = "quantize|";

    internal static string Row(string variant) => Prefix + variant;

    internal Digest Digest => Contracts.Digest.Of(System.Text.Encoding.UTF8.GetBytes(
        string.Concat(Files.Select(file => $"{file.Path}\0{file.Digest}\n"))));
}
