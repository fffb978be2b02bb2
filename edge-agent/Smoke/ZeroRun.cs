using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace SlmOps.EdgeAgent.Smoke;

/// <summary>The smoke test of a model without prompts: it loads, runs on zeros, and its outputs are finite numbers.</summary>
internal static class ZeroRun
{
    // Free dimensions become 1; a fixed one that makes an input larger than this is a model for another kind of device.
    private const long MaxElements = 64L << 20;

    /// <param name="path">The model.</param>
    /// <param name="adapters">Adapter files that are active in the run.</param>
    internal static SmokeOutcome Try(string path, IReadOnlyList<string> adapters)
    {
        var active = new List<OrtLoraAdapter>();
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        using var session = new InferenceSession(path, options);
        var values = new List<OrtValue>();
        try
        {
            foreach (var (name, input) in session.InputMetadata)
            {
                if (!input.IsTensor || input.ElementDataType == TensorElementType.String)
                {
                    return SmokeTester.Failed("smoke-unsupported", $"The input '{name}' is no tensor of numbers.");
                }

                var shape = input.Dimensions.Select(dimension => dimension > 0 ? (long)dimension : 1).ToArray();
                if (shape.Aggregate(1.0, (product, dimension) => product * dimension) > MaxElements)
                {
                    return SmokeTester.Failed("smoke-unsupported", $"The input '{name}' has more than {MaxElements} elements.");
                }

                values.Add(OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, input.ElementDataType, shape));
                values[^1].GetTensorMutableRawData().Clear();
            }

            using var run = new RunOptions();
            foreach (var adapter in adapters)
            {
                active.Add(OrtLoraAdapter.Create(File.ReadAllBytes(adapter), null));
                run.AddActiveLoraAdapter(active[^1]);
            }

            using var outputs = session.Run(run, [.. session.InputMetadata.Keys], values, [.. session.OutputMetadata.Keys]);
            var bad = session.OutputMetadata.Keys.Zip(outputs).FirstOrDefault(pair => !IsFinite(pair.Second)).First;
            return bad is null
                ? new(
                    true,
                    null,
                    $"The model ran on zeros; its {outputs.Count} outputs are finite.",
                    null,
                    0,
                    null,
                    SmokeTester.PeakBytes())
                : SmokeTester.Failed("smoke-not-finite", $"The output '{bad}' is not finite on zero inputs.");
        }
        finally
        {
            values.ForEach(value => value.Dispose());
            active.ForEach(adapter => adapter.Dispose());
        }
    }

    private static bool IsFinite(OrtValue value)
    {
        if (!value.IsTensor)
        {
            return true;
        }

        return value.GetTensorTypeAndShape().ElementDataType switch
        {
            TensorElementType.Float => All(value.GetTensorDataAsSpan<float>(), float.IsFinite),
            TensorElementType.Double => All(value.GetTensorDataAsSpan<double>(), double.IsFinite),
            TensorElementType.Float16 => All(
                value.GetTensorDataAsSpan<Float16>(),
                number => !Float16.IsNaN(number) && !Float16.IsInfinity(number)),
            _ => true,
        };
    }

    private static bool All<T>(ReadOnlySpan<T> values, Func<T, bool> holds)
    {
        foreach (var value in values)
        {
            if (!holds(value))
            {
                return false;
            }
        }

        return true;
    }
}
