namespace SlmOps.Inference;

/// <summary>
/// Other ways in which this machine computes the same model. They stand for what other processors do, and how far they are
/// apart is how finely a model can be judged at all.
/// </summary>
public enum Twin
{
    /// <summary>The model as it is.</summary>
    None,

    /// <summary>Without ONNX Runtime's rewriting of the graph: the same sums in another order.</summary>
    Unoptimized,

    /// <summary>
    /// Products of quantized weights in float32: what a processor without dot products of 8 bits does, to which the accuracy
    /// level is a permission that it does not use.
    /// </summary>
    Exact,
}
