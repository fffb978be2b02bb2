using System.Globalization;
using System.Runtime.InteropServices;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>The tensors of a written model by name, external ones too, read with a reader that is not the quantizer's own.</summary>
internal sealed class StoredTensors
{
    private readonly string _folder;
    private readonly Dictionary<string, TensorProto> _byName = new(StringComparer.Ordinal);

    internal StoredTensors(ModelProto model, string folder)
    {
        _folder = folder;
        foreach (var graph in GraphBuilder.Graphs(model.Graph))
        {
            foreach (var tensor in graph.Initializer)
            {
                _byName[tensor.Name] = tensor;
            }

            AddConstants(graph.Node);
        }

        foreach (var function in model.Functions)
        {
            AddConstants(function.Node);
        }
    }

    internal TensorProto? Find(string name) => _byName.GetValueOrDefault(name);

    internal byte[] Bytes(TensorProto tensor)
    {
        if (tensor.DataLocation != 1)
        {
            return tensor.FloatData.Count > 0 ? MemoryMarshal.AsBytes<float>(tensor.FloatData.ToArray()).ToArray()
                : tensor.Int32Data.Count > 0 ? [.. tensor.Int32Data.SelectMany(v => BitConverter.GetBytes((ushort)v))]
                : tensor.RawData.ToByteArray();
        }

        var entries = tensor.ExternalData.ToDictionary(e => e.Key, e => e.Value);
        using var file = File.OpenRead(Path.Combine(_folder, entries["location"]));
        file.Position = long.Parse(entries["offset"], CultureInfo.InvariantCulture);
        var bytes = new byte[int.Parse(entries["length"], CultureInfo.InvariantCulture)];
        file.ReadExactly(bytes);
        return bytes;
    }

    internal byte[] Bytes(string name) => Bytes(_byName[name]);

    internal float[] Floats(TensorProto tensor)
    {
        var bytes = Bytes(tensor);
        return tensor.DataType switch
        {
            GraphBuilder.Float => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
            GraphBuilder.Half => [.. MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(v => (float)v)],
            GraphBuilder.BFloat16 =>
            [
                .. MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Select(v => BitConverter.UInt32BitsToSingle((uint)v << 16)),
            ],
            _ => throw new InvalidOperationException($"{tensor.Name} is of type {tensor.DataType}"),
        };
    }

    private void AddConstants(IEnumerable<NodeProto> nodes)
    {
        foreach (var node in nodes.Where(n => n.OpType == "Constant" && n.Attribute.Count > 0 && n.Attribute[0].T is not null))
        {
            _byName[node.Output[0]] = node.Attribute[0].T;
        }
    }
}
