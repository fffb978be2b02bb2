using System.Text;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Onnx;

/// <summary>Thrown when a limit of <see cref="InspectionLimits"/> is passed, so that parsing stops there.</summary>
internal sealed class ModelLimitException(ModelProblem problem) : Exception(problem.Message)
{
    internal ModelProblem Problem => problem;
}

/// <summary>
/// Reads the graph of a ModelProto and only notes where tensor data lies. What it allocates grows with the number of
/// nodes, names and attributes, each bounded by a limit and by bytes that are really in the file.
/// </summary>
internal ref partial struct ModelParser(ReadOnlySpan<byte> data, InspectionLimits limits, CancellationToken cancellationToken)
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: false);
    private readonly ReadOnlySpan<byte> _data = data;
    private int _nodes;
    private int _tensors;
    private int _entries;
    private long _graphBytes;

    internal OnnxModel Parse()
    {
        var model = new OnnxModel { Body = new ByteRange(0, _data.Length) };
        var cursor = new WireCursor(_data, model.Body);
        while (cursor.Next(out var field))
        {
            switch (field.Number, field.Type)
            {
                case (1, WireType.Varint):
                    model.IrVersion = (long)field.Value;
                    break;
                case (2, WireType.Bytes):
                    model.Producer = Text(field);
                    break;
                case (3, WireType.Bytes):
                    model.ProducerVersion = Text(field);
                    break;
                case (7, WireType.Bytes):
                    if (model.Graph is not null)
                    {
                        throw new WireFormatException(field.Start, 7, false, "the file holds two graphs");
                    }

                    model.Graph = ParseGraph(model, field.Payload, GraphKind.Main, null, null, 0);
                    break;
                case (8, WireType.Bytes):
                    model.Opsets.Add(ParseOpset(field));
                    break;
                case (20, WireType.Bytes):
                    CheckTraining(model, field.Payload);
                    break;
                case (25, WireType.Bytes):
                    model.Functions.Add(ParseFunction(model, field.Payload));
                    break;
            }
        }

        return model;
    }

    private OnnxGraph ParseGraph(OnnxModel model, ByteRange body, GraphKind kind, OnnxGraph? parent, OnnxNode? owner, int depth)
    {
        if (depth > limits.MaxDepth)
        {
            throw new ModelLimitException(Problems.TooDeep(limits.MaxDepth));
        }

        var graph = new OnnxGraph { Body = body, Kind = kind, Parent = parent, Owner = owner };
        model.AllGraphs.Add(graph);
        var cursor = new WireCursor(_data, body);
        while (cursor.Next(out var field))
        {
            if (field.Type != WireType.Bytes)
            {
                continue;
            }

            switch (field.Number)
            {
                case 1:
                    graph.Nodes.Add(ParseNode(model, graph, field.Payload, depth));
                    break;
                case 2:
                    graph.Name = Text(field);
                    break;
                case 5:
                    graph.Initializers.Add(ParseTensor(field.Payload));
                    break;
                case 11:
                    graph.Inputs.Add(ParseValue(field.Payload));
                    break;
                case 12:
                    graph.Outputs.Add(ParseValue(field.Payload));
                    break;
                case 13:
                    graph.Values.Add(ParseValue(field.Payload));
                    break;
                case 15:
                    graph.SparseInitializers.Add(ParseSparse(model, field.Payload));
                    break;
            }
        }

        return graph;
    }

    private OnnxGraph ParseFunction(OnnxModel model, ByteRange body)
    {
        var graph = new OnnxGraph { Body = body, Kind = GraphKind.Function, Parent = null };
        model.AllGraphs.Add(graph);
        var cursor = new WireCursor(_data, body);
        while (cursor.Next(out var field))
        {
            if (field.Type != WireType.Bytes)
            {
                continue;
            }

            switch (field.Number)
            {
                case 1:
                    graph.Name = Text(field);
                    break;
                case 4:
                    graph.Inputs.Add(new OnnxValue(Text(field), ElementType.Undefined, null, "tensor"));
                    break;
                case 5:
                    graph.Outputs.Add(new OnnxValue(Text(field), ElementType.Undefined, null, "tensor"));
                    break;
                case 7:
                    graph.Nodes.Add(ParseNode(model, graph, field.Payload, 0));
                    break;
                case 9:
                    graph.Opsets.Add(ParseOpset(field));
                    break;
                case 11:
                    CheckDefault(model, graph, field.Payload);
                    break;
                case 10:
                    graph.Domain = Text(field);
                    break;
                case 12:
                    graph.Values.Add(ParseValue(field.Payload));
                    break;
            }
        }

        return graph;
    }

    private OnnxNode ParseNode(OnnxModel model, OnnxGraph graph, ByteRange body, int depth)
    {
        if (++_nodes > limits.MaxNodes)
        {
            throw new ModelLimitException(Problems.TooManyNodes(limits.MaxNodes));
        }

        if ((_nodes & 0xFF) == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        var node = new OnnxNode { Body = body, Graph = graph, Index = graph.Nodes.Count };
        var cursor = new WireCursor(_data, body);
        while (cursor.Next(out var field))
        {
            if (field.Type != WireType.Bytes)
            {
                continue;
            }

            switch (field.Number)
            {
                case 1:
                    node.Inputs.Add(Text(field));
                    break;
                case 2:
                    node.Outputs.Add(Text(field));
                    break;
                case 3:
                    node.Name = Text(field);
                    break;
                case 4:
                    node.OpType = Text(field);
                    break;
                case 5:
                    node.Attributes.Add(ParseAttribute(model, graph, node, field.Payload, depth));
                    break;
                case 7:
                    node.Domain = Text(field);
                    break;
            }
        }

        return node;
    }

    private OnnxAttribute ParseAttribute(OnnxModel model, OnnxGraph graph, OnnxNode node, ByteRange body, int depth)
    {
        CountEntry();
        var attribute = new OnnxAttribute { Body = body };
        var cursor = new WireCursor(_data, body);
        while (cursor.Next(out var field))
        {
            switch (field.Number, field.Type)
            {
                case (1, WireType.Bytes):
                    attribute.Name = Text(field);
                    break;
                case (2, WireType.Fixed32):
                    attribute.Float = BitConverter.UInt32BitsToSingle((uint)field.Value);
                    break;
                case (3, WireType.Varint):
                    attribute.Int = (long)field.Value;
                    break;
                case (5, WireType.Bytes):
                    attribute.Tensor = ParseTensor(field.Payload);
                    break;
                case (6, WireType.Bytes) or (11, WireType.Bytes):
                    attribute.Graphs.Add(ParseGraph(model, field.Payload, GraphKind.Subgraph, graph, node, depth + 1));
                    break;
                case (8, WireType.Varint) or (8, WireType.Bytes):
                    // Long lists are values, not shapes or permutations, and nothing here looks at them.
                    attribute.Ints ??= [];
                    if (attribute.Ints.Count < limits.MaxRank && field.Payload.Length <= 10 * limits.MaxRank)
                    {
                        WireCursor.ReadVarints(_data, field, attribute.Ints, 10 * limits.MaxRank);
                    }

                    break;
                case (21, WireType.Bytes):
                    attribute.Reference = Text(field);
                    break;
                case (10, WireType.Bytes):
                    CheckElsewhere(model, ParseTensor(field.Payload), node.ToString());
                    break;
                case (22, WireType.Bytes) or (23, WireType.Bytes):
                    ParseSparse(model, field.Payload);
                    break;
            }
        }

        return attribute;
    }

    private OnnxTensor ParseTensor(ByteRange body)
    {
        if (++_tensors > limits.MaxTensors)
        {
            throw new ModelLimitException(Problems.TooManyTensors(limits.MaxTensors));
        }

        return new TensorParser(_data, limits).Parse(body, ref _graphBytes);
    }

    private OpsetImport ParseOpset(WireField field)
    {
        var domain = "";
        long version = 0;
        var cursor = new WireCursor(_data, field.Payload);
        while (cursor.Next(out var inner))
        {
            if (inner is { Number: 1, Type: WireType.Bytes })
            {
                domain = Text(inner);
            }
            else if (inner is { Number: 2, Type: WireType.Varint })
            {
                version = (long)inner.Value;
            }
        }

        CountEntry();
        return new OpsetImport(domain, version);
    }

    private OnnxValue ParseValue(ByteRange body)
    {
        CountEntry();
        return new ValueParser(_data, limits).Parse(body, ref _graphBytes);
    }

    private void CountEntry()
    {
        if (++_entries > limits.MaxEntries)
        {
            throw new ModelLimitException(Problems.TooManyEntries(limits.MaxEntries));
        }
    }

    private string Text(WireField field)
    {
        CountEntry();
        return Text(_data, field, limits, ref _graphBytes);
    }

    internal static string Text(ReadOnlySpan<byte> data, WireField field, InspectionLimits limits, ref long graphBytes)
    {
        graphBytes += field.Payload.Length;
        if (graphBytes > limits.MaxGraphBytes)
        {
            throw new ModelLimitException(Problems.GraphTooLarge(limits.MaxGraphBytes));
        }

        return field.Payload.Length == 0 ? "" : Utf8.GetString(data.Slice(field.Payload.Start, field.Payload.Length));
    }
}
