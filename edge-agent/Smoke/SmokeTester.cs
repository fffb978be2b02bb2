using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Slots;
using SlmOps.Inference;

namespace SlmOps.EdgeAgent.Smoke;

/// <summary>The smoke test itself, run by <c>slmops-agent --smoke</c> in a process that a bad model may take down.</summary>
internal static class SmokeTester
{
    /// <summary>Loads the model of a folder and runs it.</summary>
    /// <param name="folder">A slot.</param>
    /// <param name="prompts">Most prompts to run.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal static SmokeOutcome Run(string folder, int prompts, CancellationToken cancellationToken)
    {
        try
        {
            var models = Directory.GetFiles(folder, "*.onnx");
            if (models.Length != 1)
            {
                return Failed("no-single-model", $"The package has {models.Length} .onnx files at its root; it should have one.");
            }

            var slot = SlotDescription.Read(folder);
            var adapters = PathsIn(folder, slot?.Adapters ?? []);
            // An adapter changes the answers, so a composition brings prompts with answers of its own.
            var smoke = Path.Combine(folder, adapters.Count > 0 ? SlotDescription.SmokeFile : SmokeRules.FileName);
            var outputs = Path.Combine(folder, SmokeRules.OutputsFileName);
            var outcome = File.Exists(smoke) ? PromptTest.Run(models[0], SmokeFiles.ReadTest(smoke), prompts, adapters, cancellationToken)
                : adapters.Count == 0 && File.Exists(outputs) ? OutputsTest.Run(models[0], SmokeFiles.ReadOutputs(outputs), prompts)
                : ZeroRun.Try(models[0], adapters);
            return outcome.Passed && slot is { LocalAdapters.Count: > 0 }
                ? ZeroRun.Try(models[0], [.. adapters, .. PathsIn(folder, slot.LocalAdapters)])
                : outcome;
        }
        catch (Exception exception) when (exception is ModelOpenException or InferenceException or OnnxRuntimeException
            or JsonException or IOException or InvalidDataException or ArgumentException or OutOfMemoryException)
        {
            return Failed(exception is OutOfMemoryException ? "smoke-memory" : "smoke-failed", exception.Message);
        }
    }

    private static List<string> PathsIn(string folder, IReadOnlyList<string> paths) =>
        [.. paths.Select(path => Path.Combine(folder, path))];

    internal static SmokeOutcome Failed(string code, string reason) => new(false, code, reason, null, 0, null, PeakBytes());

    internal static long PeakBytes()
    {
        using var self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64;
    }
}
