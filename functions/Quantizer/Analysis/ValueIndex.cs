using SlmOps.Quantizer.Onnx;

namespace SlmOps.Quantizer.Analysis;

/// <summary>Where a value comes from, and everything that reads it in its graph and the subgraphs below.</summary>
internal sealed class ValueSource
{
    internal required OnnxGraph Graph { get; init; }

    internal required string Name { get; init; }

    internal OnnxTensor? Initializer { get; init; }

    internal OnnxNode? Node { get; init; }

    /// <summary>True for a graph input, also when an initializer gives its default.</summary>
    internal bool IsInput { get; set; }

    internal bool IsGraphOutput { get; set; }

    internal List<ValueUse> Uses { get; } = [];
}

internal readonly record struct ValueUse(OnnxNode Node, int Input);

/// <summary>Names resolved over all scopes of a model.</summary>
internal sealed class ValueIndex
{
    private readonly Dictionary<OnnxGraph, Dictionary<string, ValueSource>> _scopes = [];
    private readonly Dictionary<OnnxGraph, Dictionary<string, OnnxValue>> _types = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    internal ValueIndex(OnnxModel model)
    {
        foreach (var graph in model.AllGraphs)
        {
            Define(graph, model.IrVersion);
        }

        foreach (var graph in model.AllGraphs)
        {
            foreach (var node in graph.Nodes)
            {
                _names.Add(node.Name);
                for (var i = 0; i < node.Inputs.Count; i++)
                {
                    if (node.Inputs[i].Length > 0)
                    {
                        Resolve(graph, node.Inputs[i])?.Uses.Add(new ValueUse(node, i));
                    }
                }
            }

            foreach (var output in graph.Outputs)
            {
                if (Resolve(graph, output.Name) is { } source)
                {
                    source.IsGraphOutput = true;
                }
            }
        }
    }

    internal ValueSource? Resolve(OnnxGraph graph, string name)
    {
        for (var scope = graph; scope is not null; scope = scope.Parent)
        {
            if (_scopes[scope].TryGetValue(name, out var source))
            {
                return source;
            }
        }

        return null;
    }

    /// <summary>Declared type and shape of a value, when the file gives them.</summary>
    internal OnnxValue? TypeOf(ValueSource source) => _types[source.Graph].GetValueOrDefault(source.Name);

    /// <summary>A name that no value and no node of the model has yet.</summary>
    internal string NewName(string wish)
    {
        var name = wish;
        for (var i = 2; !_names.Add(name); i++)
        {
            name = $"{wish}_{i}";
        }

        return name;
    }

    private void Define(OnnxGraph graph, long irVersion)
    {
        var scope = new Dictionary<string, ValueSource>(StringComparer.Ordinal);
        var types = new Dictionary<string, OnnxValue>(StringComparer.Ordinal);
        foreach (var tensor in graph.Initializers.Where(t => !t.IsRepeat))
        {
            scope[tensor.Name] = new ValueSource { Graph = graph, Name = tensor.Name, Initializer = tensor };
        }

        foreach (var name in graph.SparseInitializers)
        {
            scope.TryAdd(name, new ValueSource { Graph = graph, Name = name });
        }

        foreach (var input in graph.Inputs)
        {
            if (!scope.TryGetValue(input.Name, out var source))
            {
                scope[input.Name] = source = new ValueSource { Graph = graph, Name = input.Name, IsInput = true };
            }

            // Before IR version 4 every initializer had to be listed as an input too, and was constant all the same.
            source.IsInput = source.Initializer is null || irVersion >= 4;
        }

        foreach (var node in graph.Nodes)
        {
            foreach (var output in node.Outputs.Where(o => o.Length > 0))
            {
                scope[output] = new ValueSource { Graph = graph, Name = output, Node = node };
            }
        }

        foreach (var value in graph.Values.Concat(graph.Outputs).Concat(graph.Inputs))
        {
            types[value.Name] = value;
        }

        _names.UnionWith(scope.Keys);
        _scopes[graph] = scope;
        _types[graph] = types;
    }
}
