using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Analysis;

/// <summary>A place of a graph that some versions of ONNX Runtime get wrong, and the version from which on all are right.</summary>
/// <param name="From">That version.</param>
/// <param name="Text">What it is about, for people.</param>
internal sealed record StandingNeed(Version From, string Text);

/// <summary>Finds such places in what stays as it was given; what the quantizer writes avoids them.</summary>
internal sealed class StandingNeeds(OnnxModel model, ValueIndex index, BranchFolding folding)
{
    /// <summary>The version from which on tensors of a branch that merges are taken, and zero points outside the body that reads them.</summary>
    internal static readonly Version Subgraphs = new(1, 29, 0);

    // ONNX Runtime 1.24.1 to 1.27.0 keep larger tensors of a branch in a form that merging the branch loses.
    internal const int MostBytesInMergedBranch = 127;
    private const int ZeroPointsInput = 3;

    /// <summary>What stays and is no longer there is the caller's to say.</summary>
    /// <param name="isReplaced">True for a node that gives way to others.</param>
    /// <param name="isGone">True for an initializer that is removed.</param>
    internal IEnumerable<StandingNeed> Find(Func<OnnxNode, bool> isReplaced, Func<OnnxTensor, bool> isGone)
    {
        foreach (var graph in model.AllGraphs)
        {
            if (folding.MayMerge(graph) && Content(graph, isReplaced, isGone) is { } what)
            {
                yield return new(
                    Subgraphs,
                    $"ONNX Runtime 1.24.1 to 1.27.0 do not open it: {graph.Owner} may be decided when the model is opened, and {what} "
                        + "lies in a branch of it"
                );
            }

            foreach (
                var node in graph.Nodes.Where(n =>
                    n is { Domain: "com.microsoft", OpType: "MatMulNBits" } && !isReplaced(n) && IsMisread(n)))
            {
                yield return new(
                    Subgraphs,
                    $"ONNX Runtime 1.19 to 1.27.0 compute {node} wrongly on many processors: its zero points lie outside the graph that "
                        + "it runs in"
                );
            }
        }
    }

    private string? Content(OnnxGraph graph, Func<OnnxNode, bool> isReplaced, Func<OnnxTensor, bool> isGone)
    {
        if (graph.Initializers.Find(t => t.ByteLength > MostBytesInMergedBranch && !isGone(t)) is { } tensor)
        {
            return $"the tensor '{tensor.Name}' of {tensor.ByteLength} bytes";
        }

        var node = graph.Nodes.Find(n => !isReplaced(n) && (n.Is("Constant")
            ? n.Attributes.Exists(a => a.Tensor?.ByteLength > MostBytesInMergedBranch)
            : folding.IsCall(n) || IsFolded(n)));
        return node?.ToString();
    }

    // What it is folded to becomes a tensor of the branch.
    private bool IsFolded(OnnxNode node) => node.Inputs.Count > 0 && node.Inputs.TrueForAll(input => IsConstant(node.Graph, input));

    private bool IsConstant(OnnxGraph graph, string name) =>
        name.Length == 0
        || index.Resolve(graph, name) is { } source
            && (source is { Initializer: not null, IsInput: false } || source.Node?.Is("Constant") == true);

    private bool IsMisread(OnnxNode node) =>
        node.Attribute("accuracy_level")?.Int == 4 && node.Inputs.Count > ZeroPointsInput
        && node.Inputs[ZeroPointsInput] is { Length: > 0 } name && IsConstant(node.Graph, name)
        && LiesOutside(node.Graph, index.Resolve(node.Graph, name)!.Graph);

    private bool LiesOutside(OnnxGraph reader, OnnxGraph constant) =>
        reader != constant && (folding.PlaceOf(reader) is not { } place || place != folding.PlaceOf(constant));
}
