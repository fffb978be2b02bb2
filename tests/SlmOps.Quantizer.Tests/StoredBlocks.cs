using System.Runtime.InteropServices;
using SlmOps.Quantizer.Tests.Corpus;
using SlmOps.Tests.Onnx;

namespace SlmOps.Quantizer.Tests;

/// <summary>Reads a MatMulNBits weight back from the written files, from the operator's documentation and in float64.</summary>
internal sealed class StoredBlocks
{
    private readonly string _folder;

    internal StoredBlocks(string path)
    {
        _folder = Path.GetDirectoryName(path)!;
        Model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
    }

    internal ModelProto Model { get; }

    internal byte[] Bytes(string name)
    {
        var tensor = GraphBuilder.Graphs(Model.Graph).SelectMany(g => g.Initializer).Single(t => t.Name == name);
        if (tensor.DataLocation != 1)
        {
            return tensor.RawData.ToByteArray();
        }

        var entries = tensor.ExternalData.ToDictionary(e => e.Key, e => e.Value);
        using var file = File.OpenRead(Path.Combine(_folder, entries["location"]));
        file.Position = long.Parse(entries["offset"], System.Globalization.CultureInfo.InvariantCulture);
        var bytes = new byte[int.Parse(entries["length"], System.Globalization.CultureInfo.InvariantCulture)];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>K × N values in row order.</summary>
    internal double[] Dequantized(NodeProto node)
    {
        long Attribute(string name) => node.Attribute.Single(a => a.Name == name).I;
        var (k, n, bits, size) = ((int)Attribute("K"), (int)Attribute("N"), (int)Attribute("bits"), (int)Attribute("block_size"));
        var scales = MemoryMarshal.Cast<byte, float>(Bytes(node.Input[2])).ToArray();
        var zeros = node.Input.Count > 3 && node.Input[3].Length > 0 ? Bytes(node.Input[3]) : null;
        return BlockCodes.Expand(Bytes(node.Input[1]), scales, zeros, k, n, bits, size);
    }

    internal static double RelativeError(float[] expected, double[] actual)
    {
        double error = 0, norm = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            error += Math.Pow(expected[i] - actual[i], 2);
            norm += Math.Pow(expected[i], 2);
        }

        return error / norm;
    }
}
