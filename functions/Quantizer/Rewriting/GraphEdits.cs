using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Rewriting;

/// <summary>Everything that is to change in a model; what is not named here is copied byte for byte.</summary>
internal sealed class GraphEdits
{
    /// <summary>Nodes that give way to others; an empty list removes the node.</summary>
    internal Dictionary<OnnxNode, List<WireWriter>> Nodes { get; } = [];

    /// <summary>Tensors written anew; null removes the initializer.</summary>
    internal Dictionary<OnnxTensor, WireWriter?> Tensors { get; } = [];

    internal Dictionary<OnnxGraph, List<WireWriter>> AddedInitializers { get; } = [];

    /// <summary>Inputs that go with added initializers before IR version 4.</summary>
    internal Dictionary<OnnxGraph, List<WireWriter>> AddedInputs { get; } = [];

    /// <summary>Nodes that come before all others of their graph.</summary>
    internal Dictionary<OnnxGraph, List<WireWriter>> FirstNodes { get; } = [];

    /// <summary>Values that are gone, whose type entries go too.</summary>
    internal Dictionary<OnnxGraph, HashSet<string>> RemovedValues { get; } = [];

    internal bool UsesContrib { get; set; }

    internal HashSet<OnnxGraph> ContribFunctions { get; } = [];

    /// <summary>The oldest ONNX Runtime that takes every node written so far.</summary>
    internal Version MinimumOrt { get; private set; } = RuntimeNeeds.Least;

    internal void Need(Version version) => MinimumOrt = version > MinimumOrt ? version : MinimumOrt;

    internal bool IsGone(OnnxTensor tensor) => Tensors.TryGetValue(tensor, out var written) && written is null;

    internal static void Add<T>(Dictionary<OnnxGraph, List<T>> lists, OnnxGraph graph, T item)
    {
        if (!lists.TryGetValue(graph, out var list))
        {
            lists[graph] = list = [];
        }

        list.Add(item);
    }

    internal void RemoveValue(OnnxGraph graph, string name)
    {
        if (!RemovedValues.TryGetValue(graph, out var names))
        {
            RemovedValues[graph] = names = new HashSet<string>(StringComparer.Ordinal);
        }

        names.Add(name);
    }
}
