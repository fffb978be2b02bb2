using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Which messages hold an edit somewhere inside, found once from the inside out.</summary>
internal sealed class DirtyMessages
{
    private readonly GraphEdits _edits;
    private readonly HashSet<OnnxGraph> _graphs = [];
    private readonly HashSet<OnnxNode> _nodes = [];

    internal DirtyMessages(OnnxModel model, GraphEdits edits)
    {
        _edits = edits;
        // Parents come before children in the list.
        for (var i = model.AllGraphs.Count - 1; i >= 0; i--)
        {
            var graph = model.AllGraphs[i];
            _nodes.UnionWith(graph.Nodes.Where(n => n.Attributes.Exists(Contains)));
            if (edits.AddedInitializers.ContainsKey(graph) || edits.FirstNodes.ContainsKey(graph) || edits.RemovedValues.ContainsKey(graph)
                || edits.ContribFunctions.Contains(graph)
                || graph.Initializers.Exists(t => t.IsRepeat || edits.Tensors.ContainsKey(t))
                || graph.Nodes.Exists(n => edits.Nodes.ContainsKey(n) || _nodes.Contains(n)))
            {
                _graphs.Add(graph);
            }
        }
    }

    internal bool Contains(OnnxGraph graph) => _graphs.Contains(graph);

    internal bool Contains(OnnxNode node) => _nodes.Contains(node);

    internal bool Contains(OnnxAttribute attribute) =>
        (attribute.Tensor is { } tensor && _edits.Tensors.ContainsKey(tensor)) || attribute.Graphs.Exists(_graphs.Contains);
}
