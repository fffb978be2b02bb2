using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Inspection;

/// <summary>
/// Finds cycles by removing nodes whose inputs are ready until none is left. What a subgraph takes from outside counts
/// as an input of every node around it, up to the graph that defines it.
/// </summary>
internal sealed class CycleChecker(OnnxModel model, Dictionary<OnnxGraph, Dictionary<string, int>> definitions, ProblemList problems)
{
    private readonly Dictionary<OnnxGraph, List<(int From, int To)>> _edges = [];

    internal void Check()
    {
        foreach (var graph in model.AllGraphs)
        {
            foreach (var node in graph.Nodes)
            {
                foreach (var input in node.Inputs)
                {
                    AddEdge(node, input);
                }
            }

            if (graph.Owner is { } owner)
            {
                foreach (var output in graph.Outputs)
                {
                    AddEdgeFrom(graph, owner, output.Name);
                }
            }
        }

        foreach (var (graph, edges) in _edges)
        {
            if (FirstInCycle(graph.Nodes.Count, edges) is { } index)
            {
                problems.Add(Problems.Cycle(graph.Nodes[index].ToString()));
            }
        }

        CheckFunctions();
    }

    private void AddEdge(OnnxNode user, string name)
    {
        if (name.Length > 0)
        {
            AddEdgeFrom(user.Graph, user, name);
        }
    }

    private void AddEdgeFrom(OnnxGraph start, OnnxNode user, string name)
    {
        var node = start == user.Graph ? user : null;
        for (var scope = start; scope is not null; node = scope.Owner, scope = scope.Parent)
        {
            if (definitions[scope].TryGetValue(name, out var producer))
            {
                if (producer >= 0 && node is not null)
                {
                    if (!_edges.TryGetValue(scope, out var edges))
                    {
                        _edges[scope] = edges = [];
                    }

                    edges.Add((producer, node.Index));
                }

                return;
            }
        }
    }

    private static int? FirstInCycle(int count, List<(int From, int To)> edges)
    {
        var waiting = new int[count];
        var starts = new int[count + 1];
        foreach (var (from, to) in edges)
        {
            waiting[to]++;
            starts[from + 1]++;
        }

        for (var i = 0; i < count; i++)
        {
            starts[i + 1] += starts[i];
        }

        var targets = new int[edges.Count];
        var fill = (int[])starts.Clone();
        foreach (var (from, to) in edges)
        {
            targets[fill[from]++] = to;
        }

        var ready = new Stack<int>(Enumerable.Range(0, count).Where(i => waiting[i] == 0));
        var done = 0;
        while (ready.TryPop(out var node))
        {
            done++;
            for (var i = starts[node]; i < starts[node + 1]; i++)
            {
                if (--waiting[targets[i]] == 0)
                {
                    ready.Push(targets[i]);
                }
            }
        }

        return done == count ? null : Array.FindIndex(waiting, w => w > 0);
    }

    private void CheckFunctions()
    {
        var index = new Dictionary<(string, string), int>();
        for (var i = 0; i < model.Functions.Count; i++)
        {
            index[(model.Functions[i].Domain, model.Functions[i].Name)] = i;
        }

        var edges = new List<(int From, int To)>();
        foreach (var graph in model.AllGraphs)
        {
            var root = graph.Root;
            if (root.Kind == GraphKind.Function && index.TryGetValue((root.Domain, root.Name), out var caller))
            {
                edges.AddRange(graph.Nodes
                    .Select(n => index.TryGetValue((n.Domain, n.OpType), out var callee) ? callee : -1)
                    .Where(callee => callee >= 0).Select(callee => (callee, caller)));
            }
        }

        if (FirstInCycle(model.Functions.Count, edges) is { } looping)
        {
            problems.Add(Problems.RecursiveFunction(model.Functions[looping].ToString()));
        }
    }
}
