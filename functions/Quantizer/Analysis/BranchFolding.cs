using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Analysis;

/// <summary>
/// Where nodes run once ONNX Runtime has opened the model: it folds constants, and puts the taken branch of an If whose
/// condition turned out constant into the graph around it.
/// </summary>
internal sealed class BranchFolding(OnnxModel model, ValueIndex index)
{
    private readonly Dictionary<OnnxGraph, BranchFate> _fates = [];
    private readonly Dictionary<ValueSource, bool> _followsFromARun = [];
    private readonly HashSet<(string Domain, string Name)> _functions = [.. model.Functions.Select(f => (f.Domain, f.Name))];

    private enum BranchFate
    {
        /// <summary>It runs as a graph of its own.</summary>
        Stays,

        /// <summary>It becomes part of the graph around it, or is never taken.</summary>
        Merges,

        /// <summary>That depends on what the runtime can fold, such as a shape.</summary>
        Unsure,
    }

    /// <summary>True for a branch that may become part of the graph around it.</summary>
    internal bool MayMerge(OnnxGraph graph) => FateOf(graph) != BranchFate.Stays;

    /// <summary>The innermost graph around this one, or itself, that surely runs as one of its own.</summary>
    internal OnnxGraph Home(OnnxGraph graph)
    {
        while (MayMerge(graph))
        {
            graph = graph.Parent!;
        }

        return graph;
    }

    /// <summary>The graph that the nodes of a graph run in, or null when that is unsure.</summary>
    internal OnnxGraph? PlaceOf(OnnxGraph graph)
    {
        while (FateOf(graph) == BranchFate.Merges)
        {
            graph = graph.Parent!;
        }

        return FateOf(graph) == BranchFate.Unsure ? null : graph;
    }

    private BranchFate FateOf(OnnxGraph graph)
    {
        if (!_fates.TryGetValue(graph, out var fate))
        {
            _fates[graph] = fate = graph is { Kind: GraphKind.Subgraph, Owner: { } owner } && owner.Is("If") && owner.Inputs.Count > 0
                ? Condition(index.Resolve(owner.Graph, owner.Inputs[0])) : BranchFate.Stays;
        }

        return fate;
    }

    private BranchFate Condition(ValueSource? value) =>
        value is { Initializer: not null, IsInput: false } || value?.Node?.Is("Constant") == true ? BranchFate.Merges
        : value is not null && FollowsFromARun(value) ? BranchFate.Stays : BranchFate.Unsure;

    // Nothing that follows from the data of a run can be folded; all else might be. Every value is looked at once.
    private bool FollowsFromARun(ValueSource value)
    {
        var path = new Stack<(ValueSource Value, int Next)>();
        path.Push((value, 0));
        while (path.TryPop(out var top))
        {
            if (!_followsFromARun.TryGetValue(top.Value, out var follows))
            {
                // What a function is called with may be a constant.
                _followsFromARun[top.Value] = follows = top.Value.IsInput && top.Value.Graph.Kind != GraphKind.Function;
            }

            if (follows)
            {
                foreach (var (reader, _) in path)
                {
                    _followsFromARun[reader] = true;
                }

                return true;
            }

            if (!top.Value.IsInput && top.Value.Node is { } node && Carries(node) && top.Next < node.Inputs.Count)
            {
                path.Push((top.Value, top.Next + 1));
                if (
                    index.Resolve(node.Graph, node.Inputs[top.Next]) is { } input
                    && (!_followsFromARun.TryGetValue(input, out var known) || known))
                {
                    path.Push((input, 0));
                }
            }
        }

        return false;
    }

    internal bool IsCall(OnnxNode node) => _functions.Contains((node.Domain, node.OpType));

    // Shapes may be known without a run, and a function may do anything with what it is given.
    private bool Carries(OnnxNode node) =>
        !(node.IsStandard && node.OpType is "Shape" or "Size" or "EyeLike") && !IsCall(node);
}
