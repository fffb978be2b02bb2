using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace SlmOps.Inference.Samples;

/// <summary>
/// Seeded inputs for a model, by what its graph and its owner say of each: ids over the whole table that they pick from,
/// masks with padding, positions, images by their range, normal deviates for other numbers.
/// </summary>
internal sealed class SampleInputs(string modelPath, SampleOptions options, (double Min, double Max)? pixels = null)
{
    /// <exception cref="ModelOpenException">When an input has a type that no number stands for, nobody says what its numbers mean, or the inputs are too large.</exception>
    internal Dictionary<string, OrtValue> Create(IEnumerable<TensorPort> ports, int sample, SampleShape size)
    {
        var inputs = new Dictionary<string, OrtValue>(StringComparer.Ordinal);
        var bytes = 0L;
        try
        {
            foreach (var port in ports.OrderBy(port => port.Name, StringComparer.Ordinal))
            {
                var shape = size.Of(port, options);
                bytes = Checked(port, shape, bytes);
                inputs.Add(port.Name, Fill(port, shape, new Random(HashCode(port.Name, sample))));
            }

            return inputs;
        }
        catch
        {
            foreach (var value in inputs.Values)
            {
                value.Dispose();
            }

            throw;
        }
    }

    /// <summary>The inputs of which nobody says what their numbers mean.</summary>
    internal IReadOnlyList<TensorPort> Unknown(IEnumerable<TensorPort> ports) =>
        [.. ports.Where(port => Kind(port) is InputKind.Unknown && port.Type is not TensorElementType.String)];

    internal ModelOpenException Refusal(IReadOnlyList<TensorPort> unknown) =>
        new(
            "input-unknown",
            modelPath,
            $"Nothing in {Path.GetFileName(modelPath)} says which whole numbers "
                + $"{string.Join(" and ", unknown.Select(port => $"'{port.Name}' {port.ShapeText}"))} takes. "
                + "Write in slmops.json "
                + Example(unknown)
                + ", with a \"value\", or with \"min\" and \"max\"; or give inputs of your own as \"samples\".");

    /// <summary>A tensor of the port's type and the shape with given values.</summary>
    /// <exception cref="ModelOpenException">When the type does not hold one of them.</exception>
    internal OrtValue Given(TensorPort port, SampleArray array) => Make(port, array.Shape, i => array.Values[i]);

    private static string Example(IReadOnlyList<TensorPort> unknown) =>
        "\"inputs\": { " + string.Join(", ", unknown.Select(port => $"\"{port.Name}\": {{ \"value\": 1 }}")) + " }";

    private InputKind Kind(TensorPort port) => InputKind.Of(port, options.Inputs.GetValueOrDefault(port.Name), pixels) switch
    {
        InputKind.Unknown when options.GuessUnknown && port.Type is not TensorElementType.String => new InputKind.Range(0, 1),
        var kind => kind,
    };

    private long Checked(TensorPort port, long[] shape, long before)
    {
        var bytes = before + Bytes(port, shape);
        return bytes <= options.MaxInputBytes
            ? bytes
            : throw new ModelOpenException(
                "unsupported-shape",
                modelPath,
                $"The inputs of {Path.GetFileName(modelPath)} up to '{port.Name}' [{string.Join(", ", shape)}] need more than "
                    + $"{options.MaxInputBytes} bytes. Write a smaller \"shape\" for it under \"inputs\" in slmops.json, or raise "
                    + "MaxInputBytes."
            );
    }

    /// <summary>Saturates, as a declared shape may overflow.</summary>
    private static long Bytes(TensorPort port, long[] shape)
    {
        var bytes = port.Type switch
        {
            TensorElementType.Double or TensorElementType.Int64 or TensorElementType.UInt64 => 8.0,
            TensorElementType.Float or TensorElementType.Int32 or TensorElementType.UInt32 => 4,
            TensorElementType.Float16 or TensorElementType.BFloat16 or TensorElementType.Int16 or TensorElementType.UInt16 => 2,
            _ => 1,
        };
        return (long)Math.Min(shape.Aggregate(bytes, (product, size) => product * size), long.MaxValue / 2);
    }

    private OrtValue Fill(TensorPort port, long[] shape, Random random)
    {
        var width = shape.Length > 0 ? Math.Max(1, shape[^1]) : 1;
        var rows = shape.Length > 1 ? shape[0] : 1;
        var whole =
            port.Type
            is not (TensorElementType.Float or TensorElementType.Double or TensorElementType.Float16 or TensorElementType.BFloat16);
        return Make(
            port,
            shape,
            Kind(port) switch
            {
                InputKind.Constant constant => _ => constant.Value,
                InputKind.Range range when whole => _ => Math.Floor(range.Min + (random.NextDouble() * (range.Max - range.Min + 1))),
                InputKind.Range range => _ => range.Min + (random.NextDouble() * (range.Max - range.Min)),
                InputKind.Normal => _ => Normal(random),
                // The first row is whole; each further one of up to four is a quarter shorter.
                InputKind.Mask => i =>
                    i % width < Math.Max(1, width - (width * (shape.Length == 2 ? i / width % rows % 4 : 0) / 4)) ? 1 : 0,
                InputKind.Positions positions => i => Math.Min(i % width, positions.Rows - 1),
                InputKind.Segments segments => i => Math.Min(2 * (i % width) / width, segments.Rows - 1),
                _ => throw (port.Type == TensorElementType.String ? Unsupported(port) : Refusal([port])),
            }
        );
    }

    private OrtValue Make(TensorPort port, long[] shape, Func<int, double> value)
    {
        var tensor = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, port.Type, shape);
        try
        {
            TensorData.Set(tensor, port.Type, value);
            return tensor;
        }
        catch (Exception exception) when (exception is NotSupportedException or OverflowException)
        {
            tensor.Dispose();
            throw Unsupported(port, exception);
        }
    }

    private ModelOpenException Unsupported(TensorPort port, Exception? inner = null) =>
        new(
            "unsupported-type",
            modelPath,
            $"{Path.GetFileName(modelPath)} needs '{port.Name}' of type {port.Type}; there are no sample values for it, or they do not "
                + "fit it.",
            inner);

    /// <summary>Box-Muller.</summary>
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>FNV-1a over the seed, the sample and the name, so that one input's values do not hang on the others.</summary>
    private int HashCode(string name, int sample)
    {
        var hash = 2_166_136_261u;
        foreach (var value in name.Select(c => (int)c).Prepend(sample).Prepend(options.Seed))
        {
            hash = (hash ^ (uint)value) * 16_777_619u;
        }

        return (int)(hash & int.MaxValue);
    }
}
