using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Inspection;

/// <summary>Checks names, scopes and order: every used value is defined once, and nothing depends on itself.</summary>
internal sealed class GraphChecker(OnnxModel model, InspectionLimits limits, ProblemList problems, CancellationToken cancellationToken)
{
    private readonly Dictionary<OnnxGraph, Dictionary<string, int>> _definitions = [];

    internal void Check()
    {
        if (model.Graph!.Outputs.Count == 0)
        {
            problems.Add(Problems.NoOutputs());
        }

        // Parents come first in the list, so a subgraph always finds its parent's names.
        foreach (var graph in model.AllGraphs)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _definitions[graph] = Define(graph);
        }

        foreach (var graph in model.AllGraphs)
        {
            cancellationToken.ThrowIfCancellationRequested();
            CheckUses(graph);
        }

        if (problems.Items.Count == 0)
        {
            new CycleChecker(model, _definitions, problems).Check();
        }

        if (problems.Items.Count == 0)
        {
            new ExpansionChecker(model, limits, problems).Check();
        }
    }

    // The index of the defining node, or -1 for inputs and initializers.
    private Dictionary<string, int> Define(OnnxGraph graph)
    {
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var input in graph.Inputs)
        {
            if (!names.TryAdd(input.Name, -1))
            {
                problems.Add(Problems.Duplicate(input.Name, graph.ToString()));
            }
        }

        var initializers = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in graph.Initializers.Where(t => !t.IsRepeat).Select(t => t.Name).Concat(graph.SparseInitializers))
        {
            if (name.Length == 0)
            {
                problems.Add(Problems.UnnamedInitializer(graph.ToString()));
            }
            else if (!initializers.Add(name))
            {
                problems.Add(Problems.Duplicate(name, graph.ToString()));
            }

            // An initializer may give the default of an input of the same name.
            names.TryAdd(name, -1);
        }

        for (var i = 0; i < graph.Nodes.Count; i++)
        {
            foreach (var output in graph.Nodes[i].Outputs)
            {
                if (output.Length > 0 && !names.TryAdd(output, i))
                {
                    problems.Add(Problems.Duplicate(output, graph.ToString()));
                }
            }
        }

        return names;
    }

    private void CheckUses(OnnxGraph graph)
    {
        foreach (var node in graph.Nodes)
        {
            foreach (var input in node.Inputs)
            {
                if (input.Length > 0 && !IsDefined(graph, input))
                {
                    problems.Add(Problems.Dangling(input, node.ToString()));
                }
            }
        }

        foreach (var output in graph.Outputs)
        {
            if (!IsDefined(graph, output.Name))
            {
                problems.Add(Problems.Dangling(output.Name, $"The output list of {graph}"));
            }
        }
    }

    private bool IsDefined(OnnxGraph graph, string name)
    {
        for (var scope = graph; scope is not null; scope = scope.Parent)
        {
            if (_definitions[scope].ContainsKey(name))
            {
                return true;
            }
        }

        return false;
    }
}
