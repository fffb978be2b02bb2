using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace SlmOps.Inference.Tests.Graphs;

/// <summary>Builds a small ONNX model: opset 17, standard operators, initializers inside the file.</summary>
internal sealed class OnnxGraph
{
    private readonly ProtoWriter _graph = new();
    private int _nodes;

    internal OnnxGraph Input(string name, TensorElementType type, params object[] shape) => Value(11, name, type, shape);

    internal OnnxGraph Output(string name, TensorElementType type, params object[] shape) => Value(12, name, type, shape);

    internal OnnxGraph Floats(string name, long[] shape, params float[] values) =>
        Initializer(name, TensorElementType.Float, shape, MemoryMarshal.AsBytes<float>(values));

    internal OnnxGraph Longs(string name, long[] shape, params long[] values) =>
        Initializer(name, TensorElementType.Int64, shape, MemoryMarshal.AsBytes<long>(values));

    /// <summary>A node with integer attributes.</summary>
    internal OnnxGraph Node(string type, string[] inputs, string output, params (string Name, long Value)[] attributes)
    {
        _graph.Message(1, node =>
        {
            foreach (var input in inputs)
            {
                node.Text(1, input);
            }

            node.Text(2, output).Text(3, $"{type}_{_nodes++}").Text(4, type);
            foreach (var (name, value) in attributes)
            {
                const int IntType = 2;
                node.Message(5, attribute => attribute.Text(1, name).Int(3, value).Int(20, IntType));
            }
        });
        return this;
    }

    internal string Save(string folder, string name)
    {
        var model = new ProtoWriter().Int(1, 8).Message(8, opset => opset.Int(2, 17)).Bytes(7, _graph.Text(2, name).ToArray());
        var path = Path.Combine(folder, name + ".onnx");
        File.WriteAllBytes(path, model.ToArray());
        return path;
    }

    private OnnxGraph Initializer(string name, TensorElementType type, long[] shape, ReadOnlySpan<byte> raw)
    {
        var tensor = new ProtoWriter();
        foreach (var size in shape)
        {
            tensor.Int(1, size);
        }

        _graph.Bytes(5, tensor.Int(2, (long)type).Text(8, name).Bytes(9, raw).ToArray());
        return this;
    }

    /// <param name="field">11 for an input, 12 for an output of the graph.</param>
    /// <param name="name">Its name.</param>
    /// <param name="type">Element type; ONNX Runtime's numbers are those of the file format.</param>
    /// <param name="shape">A number for a fixed dimension, a name for an open one.</param>
    private OnnxGraph Value(int field, string name, TensorElementType type, object[] shape)
    {
        _graph.Message(
            field,
            value =>
                value
                    .Text(1, name)
                    .Message(
                        2,
                        kind =>
                            kind.Message(
                                1,
                                tensor =>
                                    tensor
                                        .Int(1, (long)type)
                                        .Message(
                                            2,
                                            dimensions =>
                                            {
                                                foreach (var size in shape)
                                                {
                                                    dimensions.Message(
                                                        1,
                                                        dimension =>
                                                            _ = size is string symbol
                                                                ? dimension.Text(2, symbol)
                                                                : dimension.Int(
                                                                    1,
                                                                    Convert.ToInt64(size, System.Globalization.CultureInfo.InvariantCulture)
                                                                ));
                                                }
                                            }
                                        ))));
        return this;
    }
}
