using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Slots;
using SlmOps.Inference;

namespace SlmOps.EdgeAgent.Smoke;

/// <summary>The smoke test itself, run by <c>slmops-agent --smoke</c> in a process that a bad model may take down.</summary>
internal static class SmokeTester
{
    private const int MaxSmokeFile = 4 << 20;
    private const int MaxTokens = 256;
    private const int MaxPrompts = 64;

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
            var smoke = Path.Combine(folder, adapters.Count > 0 ? SlotDescription.SmokeFile : "smoke.json");
            var outcome = File.Exists(smoke)
                ? Generate(models[0], Read(smoke), prompts, adapters, cancellationToken)
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

    private static SmokeTest Read(string path)
    {
        if (new FileInfo(path).Length > MaxSmokeFile)
        {
            throw new InvalidDataException($"smoke.json has more than {MaxSmokeFile} bytes.");
        }

        var test = JsonSerializer.Deserialize(File.ReadAllBytes(path), ContractsJson.Default.SmokeTest);
        return test is { MaxNewTokens: >= 1 and <= MaxTokens, MinAgreement: >= 0 and <= 1, Prompts: { Count: >= 1 and <= MaxPrompts } }
            && test.Prompts.All(prompt => prompt is { PromptTokens.Count: > 0, GreedyTokens.Count: > 0 })
            ? test
            : throw new InvalidDataException("smoke.json is out of bounds, or a prompt lacks promptTokens or greedyTokens.");
    }

    private static SmokeOutcome Generate(
        string path,
        SmokeTest test,
        int prompts,
        IReadOnlyList<string> adapters,
        CancellationToken cancellationToken)
    {
        using var model = LanguageModel.Open(path, new() { Adapters = adapters });
        var (expected, equal, generated) = (0, 0, 0);
        var watch = Stopwatch.StartNew();
        foreach (var prompt in test.Prompts.Take(prompts))
        {
            var wanted = prompt.GreedyTokens!.Take(test.MaxNewTokens).ToList();
            var tokens = model.GenerateGreedy(prompt.PromptTokens!, wanted.Count, cancellationToken);
            generated += tokens.Count;
            expected += wanted.Count;
            equal += wanted.Zip(tokens).Count(pair => pair.First == pair.Second);
        }

        var agreement = (double)equal / expected;
        var said = string.Create(
            CultureInfo.InvariantCulture, $"{equal} of {expected} tokens are the expected ones, at least {test.MinAgreement:P0} must be");
        return new(
            agreement >= test.MinAgreement,
            agreement >= test.MinAgreement ? null : "smoke-disagrees",
            said,
            agreement,
            generated,
            generated / watch.Elapsed.TotalSeconds,
            PeakBytes());
    }
}
