using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Analysis;

/// <summary>
/// A stored tensor seen as the K × N matrix that a multiplication uses.
/// </summary>
/// <param name="Tensor">The stored tensor.</param>
/// <param name="K">Length of the summed dimension.</param>
/// <param name="N">Number of columns.</param>
/// <param name="Transposed">True when the bytes hold N rows of K values, false for K rows of N.</param>
/// <param name="Multiplier">Factor that Gemm's alpha puts on every value.</param>
internal sealed record WeightView(OnnxTensor Tensor, int K, int N, bool Transposed, float Multiplier)
{
    internal long Elements => (long)K * N;
}
