using Microsoft.ML.OnnxRuntime;

namespace SlmOps.Quantizer.Tests.Corpus;

/// <summary>Runs an awkward model on a seeded input in ONNX Runtime.</summary>
internal static class Comparison
{
    /// <summary>Relative L2 difference.</summary>
    internal static double Difference(float[] expected, float[] actual)
    {
        double error = 0, norm = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            error += Math.Pow(expected[i] - actual[i], 2);
            norm += Math.Pow(expected[i], 2);
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
