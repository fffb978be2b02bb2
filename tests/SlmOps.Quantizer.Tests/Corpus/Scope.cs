using Google.Protobuf.Collections;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>A graph, subgraph or function body as a list of nodes, in an order that two forms of a model share.</summary>
internal sealed record Scope(RepeatedField<NodeProto> Nodes, RepeatedField<TensorProto>? Initializers)
{
    internal static IEnumerable<Scope> All(ModelProto model) =>
        GraphBuilder
            .Graphs(model.Graph)
            .Select(g => new Scope(g.Node, g.Initializer))
            .Concat(model.Functions.Select(f => new Scope(f.Node, null)));

    internal NodeProto? Producer(string name) => Nodes.FirstOrDefault(n => n.Output.Contains(name));

    /// <summary>A tensor that is stored in this very scope.</summary>
    internal TensorProto? Tensor(string name) =>
        Initializers?.FirstOrDefault(t => t.Name == name)
        ?? Nodes.FirstOrDefault(n => n.OpType == "Constant" && n.Output[0] == name)?.Attribute.FirstOrDefault(a => a.T is not null)?.T;
}
