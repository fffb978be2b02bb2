using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace SlmOps.Inference;

/// <summary>Opens ONNX Runtime sessions, with one thread by default and errors that name the file.</summary>
internal static class ModelSession
{
    internal static InferenceSession Open(string modelPath, int threads, int qdqAccuracyLevel = 0, Twin twin = Twin.None)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (!File.Exists(modelPath))
        {
            throw new ModelOpenException("file-missing", modelPath, $"There is no model file '{modelPath}'.");
        }

        try
        {
            using var options = new SessionOptions
            {
                IntraOpNumThreads = threads,
                InterOpNumThreads = 1,
                ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            };
            if (threads > 1)
            {
                // Spinning workers starve everything else that shares the cores.
                options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            }

            if (qdqAccuracyLevel != 0)
            {
                options.AddSessionConfigEntry(
                    "session.qdq_matmulnbits_accuracy_level", qdqAccuracyLevel.ToString(CultureInfo.InvariantCulture));
            }

            return twin switch
            {
                Twin.Unoptimized => Unoptimized(modelPath, options),
                Twin.Exact => Exact(modelPath, options),
                _ => new InferenceSession(modelPath, options),
            };
        }
        catch (OnnxRuntimeException exception)
        {
            throw new ModelOpenException(
                "session-failed",
                modelPath,
                $"ONNX Runtime cannot open '{modelPath}': {exception.Message} Check that the file and its external data are complete and "
                    + "made for this runtime.",
                exception);
        }
    }

    private static InferenceSession Unoptimized(string modelPath, SessionOptions options)
    {
        options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL;
        return new(modelPath, options);
    }

    private static InferenceSession Exact(string modelPath, SessionOptions options)
    {
        if (new FileInfo(modelPath).Length > ExactTwin.MaxBytes)
        {
            throw new ModelOpenException("too-large", modelPath, $"'{modelPath}' is too large to be held twice.");
        }

        var graph = File.ReadAllBytes(modelPath);
        ExactTwin.Rewrite(graph);
        options.AddSessionConfigEntry(
            "session.model_external_initializers_file_folder_path", Path.GetDirectoryName(Path.GetFullPath(modelPath))!);
        return new(graph, options);
    }

    /// <exception cref="InferenceException">When the model fails.</exception>
    internal static IDisposableReadOnlyCollection<OrtValue> Run(
        InferenceSession session,
        string modelPath,
        IReadOnlyDictionary<string, OrtValue> inputs,
        IReadOnlyCollection<string> outputNames,
        AdapterSet? adapters = null)
    {
        try
        {
            using var options = new RunOptions();
            adapters?.Activate(options);
            return session.Run(options, inputs, outputNames);
        }
        catch (OnnxRuntimeException exception)
        {
            throw new InferenceException(
                modelPath,
                $"ONNX Runtime failed while it ran {Path.GetFileName(modelPath)}: {exception.Message}",
                exception);
        }
    }
}
