using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using SlmOps.Tests.Onnx;

namespace SlmOps.Benchmarks;

/// <summary>One seeded fault in a copy of a model folder.</summary>
internal static class ModelFault
{
    private static readonly double[] Shares = [1e-3, 1e-2, 0.1, 1];
    private static readonly double[] Factors = [0.5, 0.8, 0.95, 1.05, 1.25, 2, -1];

    /// <summary>Copies a folder and breaks it; says how.</summary>
    internal static string Write(string folder, string target, Random random, IReadOnlyList<string> others)
    {
        foreach (var file in Directory.GetFiles(folder).Where(file => Path.GetFileName(file).StartsWith("model.", StringComparison.Ordinal)
            || Path.GetFileName(file) == "config.json"))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        while (true)
        {
            var model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(target, "model.onnx")));
            var data = Path.Combine(target, "model.onnx.data");
            var bytes = File.Exists(data) ? File.ReadAllBytes(data) : [];
            var said = random.Next(12) switch
            {
                0 or 1 => Scale(model, bytes, random, "_scale"),
                2 => Bytes(
                    model,
                    bytes,
                    random,
                    name => name.Contains("zero", StringComparison.Ordinal) || name.Contains("_zp", StringComparison.Ordinal),
                    "zero point"),
                3 or 4 => Bytes(model, bytes, random, _ => true, "code"),
                5 => Scale(model, bytes, random, "norm"),
                6 => Swap(model, bytes, random),
                7 => Truncate(model, bytes, random),
                8 => Number(model, random),
                9 => Rotary(model, bytes, random),
                10 => Stale(model, bytes, random),
                _ => Other(target, folder, random, others),
            };
            if (said is null)
            {
                continue;
            }

            if (!said.StartsWith("the files", StringComparison.Ordinal))
            {
                File.WriteAllBytes(Path.Combine(target, "model.onnx"), model.ToByteArray());
                if (bytes.Length > 0)
                {
                    File.WriteAllBytes(data, bytes);
                }
            }

            return said;
        }
    }

    private static Span<byte> Content(TensorProto tensor, byte[] data)
    {
        var at = tensor.ExternalData.ToDictionary(entry => entry.Key, entry => entry.Value);
        return at.Count == 0
            ? MemoryMarshal.AsMemory(tensor.RawData.Memory).Span
            : data.AsSpan(
                int.Parse(at.GetValueOrDefault("offset", "0"), CultureInfo.InvariantCulture),
                int.Parse(at["length"], CultureInfo.InvariantCulture));
    }

    private static TensorProto? Pick(ModelProto model, Random random, Func<TensorProto, bool> fits)
    {
        var some = model.Graph.Initializer.Where(fits).ToList();
        return some.Count == 0 ? null : some[random.Next(some.Count)];
    }

    private static string? Scale(ModelProto model, byte[] data, Random random, string name)
    {
        if (Pick(
            model,
            random,
            tensor => tensor.DataType == 1 && tensor.Name.Contains(name, StringComparison.OrdinalIgnoreCase)) is not { } tensor)
        {
            return null;
        }

        var values = MemoryMarshal.Cast<byte, float>(Content(tensor, data));
        var (share, factor) = (Shares[random.Next(Shares.Length)], Factors[random.Next(Factors.Length)]);
        var count = Math.Max(1, (int)(values.Length * share));
        var start = random.Next(values.Length - count + 1);
        foreach (ref var value in values.Slice(start, count))
        {
            value *= (float)factor;
        }

        return $"{count} of {values.Length} values of {tensor.Name} times {factor}";
    }

    private static string? Bytes(ModelProto model, byte[] data, Random random, Func<string, bool> name, string what)
    {
        if (Pick(model, random, tensor => tensor.DataType is 2 or 3 or 21 or 22 && name(tensor.Name)) is not { } tensor)
        {
            return null;
        }

        var bytes = Content(tensor, data);
        var share = Shares[random.Next(Shares.Length)];
        var count = Math.Max(1, (int)(bytes.Length * share));
        var start = random.Next(bytes.Length - count + 1);
        random.NextBytes(bytes.Slice(start, count));
        return $"{what}: {count} of {bytes.Length} bytes of {tensor.Name} are others";
    }

    private static string? Swap(ModelProto model, byte[] data, Random random)
    {
        if (Pick(model, random, tensor => tensor.Dims.Count > 1) is not { } one
            || Pick(
                model,
                random,
                tensor => tensor != one && tensor.DataType == one.DataType && tensor.Dims.SequenceEqual(one.Dims)) is not { } other)
        {
            return null;
        }

        var a = Content(one, data);
        var b = Content(other, data);
        var kept = a.ToArray();
        b.CopyTo(a);
        kept.CopyTo(b);
        return $"{one.Name} and {other.Name} swapped";
    }

    private static string? Truncate(ModelProto model, byte[] data, Random random)
    {
        if (Pick(model, random, tensor => tensor.Dims.Count > 1) is not { } tensor)
        {
            return null;
        }

        var bytes = Content(tensor, data);
        var count = Math.Max(1, (int)(bytes.Length * Shares[random.Next(Shares.Length)]));
        bytes[^count..].Clear();
        return $"the last {count} of {bytes.Length} bytes of {tensor.Name} are missing";
    }

    /// <summary>Heads: attributes of attention, or the whole numbers that reshapes are made of.</summary>
    private static string? Number(ModelProto model, Random random)
    {
        var attributes = model.Graph.Node.SelectMany(node => node.Attribute)
            .Where(attribute => attribute.Name is "num_heads" or "kv_num_heads").ToList();
        if (attributes.Count > 0)
        {
            var picked = attributes[random.Next(attributes.Count)];
            picked.I = random.Next(2) == 0 ? picked.I * 2 : Math.Max(1, picked.I / 2);
            return $"{picked.Name} is {picked.I}";
        }

        var numbers = model.Graph.Node.Where(node => node.OpType == "Constant").SelectMany(node => node.Attribute)
            .Where(attribute => attribute.T is { DataType: 7, RawData.Length: 8 or 16 or 24 or 32 }).ToList();
        if (numbers.Count == 0)
        {
            return null;
        }

        var values = MemoryMarshal.Cast<byte, long>(MemoryMarshal.AsMemory(numbers[random.Next(numbers.Count)].T.RawData.Memory).Span);
        ref var number = ref values[random.Next(values.Length)];
        var before = number;
        number = before is 3 or 6 ? 9 - before : before + 1;
        return $"a whole number {before} is {number}";
    }

    private static string? Rotary(ModelProto model, byte[] data, Random random)
    {
        var angles = model.Graph.Node.Where(node => node.OpType == "Constant").SelectMany(node => node.Attribute)
            .Select(attribute => attribute.T).OfType<TensorProto>()
            .Concat(model.Graph.Initializer)
            .Where(tensor => tensor.DataType == 1
                && (tensor.Name.Contains("_cache", StringComparison.Ordinal) || tensor.RawData.Length == 16 * 4)).ToList();
        if (angles.Count == 0)
        {
            return null;
        }

        var picked = angles[random.Next(angles.Count)];
        var factor = Factors[random.Next(Factors.Length)];
        foreach (ref var value in MemoryMarshal.Cast<byte, float>(Content(picked, data)))
        {
            value *= (float)factor;
        }

        return $"rotary positions times {factor}";
    }

    /// <summary>What an adapter of another training adds: a product of small rank.</summary>
    private static string? Stale(ModelProto model, byte[] data, Random random)
    {
        if (Pick(model, random, tensor => tensor.DataType == 1 && tensor.Dims.Count == 2) is not { } tensor)
        {
            return null;
        }

        const int Rank = 4;
        var (rows, columns) = ((int)tensor.Dims[0], (int)tensor.Dims[1]);
        var strength = Math.Pow(10, (random.NextDouble() * 1.5) - 2) / Math.Sqrt(rows);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() * 2 - 1))];
        var (down, up) = (Draw(rows * Rank), Draw(Rank * columns));
        var values = MemoryMarshal.Cast<byte, float>(Content(tensor, data));
        for (var i = 0; i < values.Length; i++)
        {
            for (var k = 0; k < Rank; k++)
            {
                values[i] += (float)strength * down[(i / columns * Rank) + k] * up[(k * columns) + (i % columns)];
            }
        }

        return $"another adapter in {tensor.Name}, {strength:G3}";
    }

    private static string? Other(string target, string folder, Random random, IReadOnlyList<string> others)
    {
        var some = others.Where(other => other != folder).ToList();
        if (some.Count == 0)
        {
            return null;
        }

        var other = some[random.Next(some.Count)];
        foreach (var file in Directory.GetFiles(other, "model.*"))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        }

        return $"the files are those of {Path.GetFileName(other)}";
    }
}
