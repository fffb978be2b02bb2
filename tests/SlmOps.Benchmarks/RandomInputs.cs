using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Quantizer.Tests.Corpus;

namespace SlmOps.Benchmarks;

/// <summary>
/// Runs a model on seeded inputs of the shapes it declares. Open dimensions are 1 for a batch and `--open` (64) otherwise;
/// `--dims name=8,…` sets single ones by the dimension's name or as input:place, `--values input=16000,…` gives whole-numbered inputs.
/// </summary>
internal static class RandomInputs
{
    internal static List<float[]> Run(string model, Arguments options)
    {
        using var session = new InferenceSession(model, Comparison.Options());
        var random = new Random(1);
        var inputs = session.InputMetadata.ToDictionary(i => i.Key, i => Value(i.Key, i.Value, random, options));
        try
        {
            using var run = new RunOptions();
            using var results = session.Run(run, inputs, session.OutputNames);
            return
            [
                .. results
                    .Where(r =>
                        r.OnnxType == OnnxValueType.ONNX_TYPE_TENSOR
                        && r.GetTensorTypeAndShape().ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float)
                    .Select(r => r.GetTensorDataAsSpan<float>().ToArray()),
            ];
        }
        finally
        {
            foreach (var input in inputs.Values)
            {
                input.Dispose();
            }
        }
    }

    private static OrtValue Value(string name, NodeMetadata port, Random random, Arguments options)
    {
        var dims = Pairs(options, "dims");
        long[] shape = [.. port.Dimensions.Select((d, i) => d >= 0 ? d
            : dims.TryGetValue(port.SymbolicDimensions[i], out var size) || dims.TryGetValue($"{name}:{i}", out size) ? size
            : i == 0 || port.SymbolicDimensions[i].Contains("batch", StringComparison.OrdinalIgnoreCase) ? 1 : options.Number("open", 64))];
        var count = shape.Aggregate(1L, (a, d) => a * d);
        var values = Pairs(options, "values");
        long Whole() => values.TryGetValue(name, out var given) ? given : random.Next(options.Number("most", 2));
        return port.ElementDataType switch
        {
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float => OrtValue.CreateTensorValueFromMemory(
                Weights.Normal(random, count, 1),
                shape),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int64 => OrtValue.CreateTensorValueFromMemory(Many(count, Whole), shape),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Int32 => OrtValue.CreateTensorValueFromMemory(
                Many(count, () => (int)Whole()),
                shape),
            Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Bool => OrtValue.CreateTensorValueFromMemory(
                Many(count, () => Whole() != 0),
                shape),
            var other => throw new InvalidOperationException($"Input '{name}' is of type {other}."),
        };
    }

    private static T[] Many<T>(long count, Func<T> make) => [.. Enumerable.Range(0, (int)count).Select(_ => make())];

    private static Dictionary<string, long> Pairs(Arguments options, string name) => options.Text(name, "")
        .Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('='))
        .ToDictionary(p => p[0], p => long.Parse(p[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
}
