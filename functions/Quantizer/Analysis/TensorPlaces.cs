using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Analysis;

/// <summary>
/// Where the tensors of a quantized weight lie. ONNX Runtime 1.19 to 1.27.0 prepare a MatMulNBits that rounds its input as if
/// it had no zero points when they lie outside the graph that the node runs in, and give wrong numbers without an error;
/// codes and scales may lie anywhere. So the body of a Loop or Scan, and a branch of an If, gets zero points of its own: other
/// names for the same bytes.
/// </summary>
internal sealed class TensorPlaces(OnnxModel model, BranchFolding folding)
{
    /// <summary>Where new tensors of a weight go: not into a branch that may merge, whose larger tensors some versions lose.</summary>
    internal OnnxGraph Home(OnnxGraph weight) => folding.Home(weight);

    /// <summary>True for a branch that may become part of the graph around it.</summary>
    internal bool MayMerge(OnnxGraph graph) => folding.MayMerge(graph);

    /// <summary>The graph that the zero points of a use go into.</summary>
    internal OnnxGraph OfZeroPoints(WeightUse use, OnnxGraph weight) =>
        use.Kind == UseKind.Gather ? Home(weight) : folding.PlaceOf(use.Node.Graph) ?? Home(weight);

    /// <summary>False when no place is right, so that the weight has to do without zero points.</summary>
    internal bool HasPlaceForZeroPoints(WeightUse use, OnnxGraph weight) =>
        use.Kind == UseKind.Gather
        || (folding.PlaceOf(use.Node.Graph) is { } place && (place == Home(weight) || !NeedsNodes(place) || NeedsNodes(Home(weight))));

    /// <summary>
    /// True where tensors must be Constant nodes with their bytes inside: functions have no initializers, and before IR
    /// version 4 an initializer had to be a graph input, which a branch cannot have.
    /// </summary>
    internal bool NeedsNodes(OnnxGraph graph) =>
        graph.Root.Kind == GraphKind.Function || (model.IrVersion < 4 && graph.Kind != GraphKind.Main);
}
