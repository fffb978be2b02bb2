using Google.Protobuf;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>Builds ONNX models in code, with a reader of the format that is not the quantizer's own.</summary>
internal sealed class GraphBuilder
{
    private int _next;

    internal GraphBuilder(int opset = 17, int ir = 8)
    {
        Model = new ModelProto { IrVersion = ir, ProducerName = "corpus", Graph = new GraphProto { Name = "main" } };
        Model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = opset });
        Graph = Model.Graph;
    }

    internal const int Float = 1;
    internal const int Int32 = 6;
    internal const int Int64 = 7;
    internal const int Bool = 9;
    internal const int Half = 10;
    internal const int BFloat16 = 16;

    internal ModelProto Model { get; }

    /// <summary>Where nodes and initializers go now; a subgraph while one is built.</summary>
    internal GraphProto Graph { get; set; }

    internal int Opset => (int)Model.OpsetImport[0].Version;

    internal bool Unnamed { get; set; }

    internal string Name(string what) => $"{what}_{_next++}";

    internal void Domain(string domain, int version)
    {
        if (!Model.OpsetImport.Any(o => o.Domain == domain))
        {
            Model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = version });
        }
    }

    internal string Node(string op, string[] inputs, params AttributeProto[] attributes)
    {
        var output = Name(op.ToLowerInvariant());
        Add(op, inputs, output, attributes);
        return output;
    }

    internal NodeProto Add(string op, string[] inputs, string output, params AttributeProto[] attributes)
    {
        var node = new NodeProto { OpType = op };
        if (!Unnamed)
        {
            node.Name = Name("node");
        }

        node.Input.AddRange(inputs);
        node.Output.Add(output);
        node.Attribute.AddRange(attributes);
        Graph.Node.Add(node);
        return node;
    }

    internal string Weight(string name, float[] values, params long[] dims)
    {
        Graph.Initializer.Add(Tensor(name, values, dims));
        return name;
    }

    internal string Ints(params long[] values)
    {
        var name = Name("ints");
        var tensor = new TensorProto { Name = name, DataType = Int64 };
        tensor.Dims.Add(values.Length);
        tensor.RawData = ByteString.CopyFrom(values.SelectMany(BitConverter.GetBytes).ToArray());
        Graph.Initializer.Add(tensor);
        return name;
    }

    internal void Input(string name, int type, params object[] dims) => Model.Graph.Input.Add(Value(name, type, dims));

    internal void Output(string name, int type = Float) => Graph.Output.Add(Value(name, type, null));

    internal static TensorProto Tensor(string name, float[] values, params long[] dims)
    {
        var tensor = new TensorProto { Name = name, DataType = Float };
        tensor.Dims.AddRange(dims);
        tensor.RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values));
        return tensor;
    }

    internal static TensorProto HalfTensor(string name, float[] values, params long[] dims)
    {
        var tensor = new TensorProto { Name = name, DataType = Half };
        tensor.Dims.AddRange(dims);
        tensor.RawData = ByteString.CopyFrom(values.SelectMany(v => BitConverter.GetBytes((System.Half)v)).ToArray());
        return tensor;
    }

    internal static TensorProto BFloat16Tensor(string name, float[] values, params long[] dims)
    {
        var tensor = new TensorProto { Name = name, DataType = BFloat16 };
        tensor.Dims.AddRange(dims);
        tensor.RawData = ByteString.CopyFrom(
            values.SelectMany(v => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(v) >> 16))).ToArray());
        return tensor;
    }

    internal static ValueInfoProto Value(string name, int type, object[]? dims)
    {
        var info = new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.TensorTypeProto { ElemType = type } },
        };
        if (dims is not null)
        {
            info.Type.TensorType.Shape = new TensorShapeProto();
            foreach (var dim in dims)
            {
                info.Type.TensorType.Shape.Dim.Add(
                    dim is string symbol
                        ? new TensorShapeProto.Types.Dimension { DimParam = symbol }
                        : new TensorShapeProto.Types.Dimension
                        {
                            DimValue = Convert.ToInt64(dim, System.Globalization.CultureInfo.InvariantCulture),
                        }
                );
            }
        }

        return info;
    }

    internal static AttributeProto Int(string name, long value) => new() { Name = name, I = value, Type = 2 };

    internal static AttributeProto Real(string name, float value) => new() { Name = name, F = value, Type = 1 };

    internal static AttributeProto Ints(string name, params long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = 7 };
        attribute.Ints.AddRange(values);
        return attribute;
    }

    internal static AttributeProto Of(string name, TensorProto tensor) => new() { Name = name, T = tensor, Type = 4 };

    internal static AttributeProto Of(string name, GraphProto graph) => new() { Name = name, G = graph, Type = 5 };

    /// <summary>Writes the model; with external data, initializers above a size go into the given number of files.</summary>
    internal string Save(string folder, int files = 0)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "model.onnx");
        if (files > 0)
        {
            var streams = Enumerable.Range(0, files).Select(i => new MemoryStream()).ToArray();
            var next = 0;
            foreach (var tensor in Graphs(Model.Graph).SelectMany(g => g.Initializer).Where(t => t.RawData.Length >= 64))
            {
                var file = next++ % files;
                // A gap before each tensor, as alignment leaves.
                streams[file].Write(new byte[(64 - (streams[file].Length % 64)) % 64]);
                External(tensor, $"data_{file}.bin", streams[file].Length, tensor.RawData.Length);
                streams[file].Write(tensor.RawData.Span);
                tensor.ClearRawData();
            }

            for (var i = 0; i < files; i++)
            {
                File.WriteAllBytes(Path.Combine(folder, $"data_{i}.bin"), streams[i].ToArray());
            }
        }

        File.WriteAllBytes(path, Model.ToByteArray());
        return path;
    }

    internal static void External(TensorProto tensor, string location, long offset, long length)
    {
        tensor.DataLocation = 1;
        foreach (var (key, value) in new[] { ("location", location), ("offset", $"{offset}"), ("length", $"{length}") })
        {
            tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
        }
    }

    internal static IEnumerable<GraphProto> Graphs(GraphProto graph)
    {
        yield return graph;
        foreach (var inner in graph.Node.SelectMany(n => n.Attribute).Where(a => a.G is not null).SelectMany(a => Graphs(a.G)))
        {
            yield return inner;
        }
    }
}
