using System.Runtime.InteropServices;
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
        var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return options;
    }

    internal static (string Shape, float[] Values) Run(AwkwardModel model, string path, int seed)
    {
        using var options = Options();
        using var session = new InferenceSession(path, options);
        var (type, dims, data) = Input(model, seed);
        using var input = type == "int64"
            ? OrtValue.CreateTensorValueFromMemory(MemoryMarshal.Cast<byte, long>(data).ToArray(), dims)
            : OrtValue.CreateTensorValueFromMemory(MemoryMarshal.Cast<byte, float>(data).ToArray(), dims);
        using var run = new RunOptions();
        using var results = session.Run(run, [model.TakesTokens ? "tokens" : "x"], [input], ["y"]);
        return (string.Join(",", results[0].GetTensorTypeAndShape().Shape), results[0].GetTensorDataAsSpan<float>().ToArray());
    }

    /// <summary>The seeded input: element type, shape and bytes.</summary>
    internal static (string Type, long[] Dims, byte[] Data) Input(AwkwardModel model, int seed)
    {
        var random = new Random(seed);
        return model.TakesTokens
            ? (
                "int64",
                [model.Batch, 3],
                MemoryMarshal
                    .AsBytes<long>(Enumerable.Range(0, model.Batch * 3).Select(_ => (long)random.Next(model.Vocabulary)).ToArray())
                    .ToArray())
            : (
                "float32",
                [model.Batch, 3, model.InputWidth],
                MemoryMarshal.AsBytes<float>(Weights.Normal(random, model.Batch * 3L * model.InputWidth, 1)).ToArray());
    }
}
