using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Onnx;

internal sealed class OnnxModel
{
    internal required ByteRange Body { get; init; }

    internal long IrVersion { get; set; }

    internal string Producer { get; set; } = "";

    internal string ProducerVersion { get; set; } = "";

    internal List<OpsetImport> Opsets { get; } = [];

    internal OnnxGraph? Graph { get; set; }

    internal List<OnnxGraph> Functions { get; } = [];

    /// <summary>Tensors with external data in places that are copied as they are: sparse tensors, lists of tensors, training information.</summary>
    internal List<string> ExternalElsewhere { get; } = [];

    /// <summary>Every graph: main, subgraphs and function bodies, parents before children.</summary>
    internal List<OnnxGraph> AllGraphs { get; } = [];
}

internal readonly record struct OpsetImport(string Domain, long Version);

internal enum GraphKind
{
    Main,
    Subgraph,
    Function,
}

/// <summary>A GraphProto, or the body of a FunctionProto read as one.</summary>
internal sealed class OnnxGraph
{
    internal required ByteRange Body { get; init; }

    internal required GraphKind Kind { get; init; }

    internal required OnnxGraph? Parent { get; init; }

    /// <summary>The node whose attribute holds this subgraph.</summary>
    internal OnnxNode? Owner { get; init; }

    internal string Name { get; set; } = "";

    internal string Domain { get; set; } = "";

    internal List<OnnxNode> Nodes { get; } = [];

    internal List<OnnxTensor> Initializers { get; } = [];

    internal List<string> SparseInitializers { get; } = [];

    internal List<OnnxValue> Inputs { get; } = [];

    internal List<OnnxValue> Outputs { get; } = [];

    internal List<OnnxValue> Values { get; } = [];

    /// <summary>Opset imports of a function; empty for graphs, which use the model's.</summary>
    internal List<OpsetImport> Opsets { get; } = [];

    /// <summary>The main graph or the function that this graph lies in.</summary>
    internal OnnxGraph Root
    {
        get
        {
            var graph = this;
            while (graph.Parent is { } parent)
            {
                graph = parent;
            }

            return graph;
        }
    }

    internal int NodeField => Kind == GraphKind.Function ? 7 : 1;

    public override string ToString() => Kind switch
    {
        GraphKind.Main => "the main graph",
        GraphKind.Function => $"function '{Domain}.{Name}'",
        _ => $"subgraph '{Name}'",
    };
}

internal sealed class OnnxNode
{
    internal required ByteRange Body { get; init; }

    internal required OnnxGraph Graph { get; init; }

    internal required int Index { get; init; }

    internal string Name { get; set; } = "";

    internal string OpType { get; set; } = "";

    internal string Domain { get; set; } = "";

    internal List<string> Inputs { get; } = [];

    internal List<string> Outputs { get; } = [];

    internal List<OnnxAttribute> Attributes { get; } = [];

    internal bool IsStandard => Domain is "" or "ai.onnx";

    internal bool Is(string opType) => IsStandard && OpType == opType;

    internal OnnxAttribute? Attribute(string name) => Attributes.Find(a => a.Name == name);

    public override string ToString() => Name.Length > 0 ? $"{OpType} '{Name}'" : $"{OpType} #{Index} in {Graph}";
}

internal sealed class OnnxAttribute
{
    internal required ByteRange Body { get; init; }

    internal string Name { get; set; } = "";

    internal string Reference { get; set; } = "";

    internal float Float { get; set; }

    internal long Int { get; set; }

    /// <summary>Values of `ints`; only as many as a shape or a permutation can have.</summary>
    internal List<long>? Ints { get; set; }

    internal OnnxTensor? Tensor { get; set; }

    internal List<OnnxGraph> Graphs { get; } = [];
}

/// <summary>Name, element type and shape of a graph port. A null shape means the rank is unknown.</summary>
internal sealed record OnnxValue(string Name, ElementType Type, IReadOnlyList<OnnxDim>? Shape, string TypeText);

internal readonly record struct OnnxDim(long? Size, string? Symbol)
{
    public override string ToString() => Size?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? Symbol ?? "?";
}
