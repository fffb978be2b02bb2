using Microsoft.ML.OnnxRuntime;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>Runs two forms of an awkward model on the same input in ONNX Runtime.</summary>
internal static class Comparison
{
    /// <summary>Relative L2 difference of the output y.</summary>
    internal static double Difference(AwkwardModel model, string original, string changed, int seed)
    {
        var expected = Run(model, original, seed);
        var actual = Run(model, changed, seed);
        if (expected.Shape != actual.Shape)
        {
            throw new InvalidOperationException($"shape {actual.Shape} instead of {expected.Shape}");
        }

        double error = 0, norm = 0;
        for (var i = 0; i < expected.Values.Length; i++)
        {
            error += Math.Pow(expected.Values[i] - actual.Values[i], 2);
            norm += Math.Pow(expected.Values[i], 2);
        }

        return norm < 1e-30 ? (error < 1e-12 ? 0 : double.PositiveInfinity) : Math.Sqrt(error / norm);
    }

    internal static SessionOptions Options()
    {
        var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return options;
    }

    internal static (string Shape, float[] Values) Run(AwkwardModel model, string path, int seed)
    {
        using var options = Options();
        using var session = new InferenceSession(path, options);
        var random = new Random(seed);
        using var input = model.TakesTokens
            ? OrtValue.CreateTensorValueFromMemory(
                Enumerable.Range(0, model.Batch * 3).Select(_ => (long)random.Next(model.Vocabulary)).ToArray(), [model.Batch, 3])
            : OrtValue.CreateTensorValueFromMemory(Weights.Normal(random, model.Batch * 3L * model.InputWidth, 1), [model.Batch, 3, model.InputWidth]);
        using var run = new RunOptions();
        using var results = session.Run(run, [model.TakesTokens ? "tokens" : "x"], [input], ["y"]);
        return (string.Join(",", results[0].GetTensorTypeAndShape().Shape), results[0].GetTensorDataAsSpan<float>().ToArray());
    }
}
