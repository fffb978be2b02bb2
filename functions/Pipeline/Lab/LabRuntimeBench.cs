using System.Text.Json;
using SlmOps.Inference.Sandbox;
using SlmOps.Inference.Trials;
using SlmOps.Pipeline.Processors;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Lab;

/// <summary>
/// One language model in another version of ONNX Runtime, on this machine: whether it opens, and the text at once, compared with what
/// this project's own runtime made of it. The process speaks as the one that runs models does; the parent watches its limits, and the
/// kernel's, which that process sets itself, do not hold in it.
/// </summary>
internal sealed class LabRuntimeBench(LabTools tools, TimeProvider time)
{
    // Node.js has memory and threads of its own beside the model's.
    private const long NodeBytes = 512L << 20;
    private const int NodeThreads = 32;
    private const long MostLogits = 256L << 20;
    private static readonly TimeSpan MostCpu = TimeSpan.FromMinutes(30);

    internal async Task<LabRow> TryAsync(
        LabModel model, LabProcessor processor, IReadOnlyList<int> tokens, LabReferences references, CancellationToken cancellationToken)
    {
        var row = LabTable.NotTried(model, processor, "it did not run in this project's own runtime, to which it would be compared");
        if (references.Machine is null || tokens.Count == 0)
        {
            return tokens.Count > 0 ? row : row with { Verdict = LabVerdict.NotTried("only language models are tried in other runtimes") };
        }

        var facts = ModelInspector.Inspect(model.Model, new() { FollowCacheLinks = true }, cancellationToken).Facts;
        if (facts is null || LabFeeds.Of(facts) is not { } feeds)
        {
            return row with { Verdict = LabVerdict.NotTried("it has inputs that other runtimes are not fed with here") };
        }

        var folder = Directory.CreateTempSubdirectory("slmops-lab-");
        try
        {
            var text = RecordedText.Read(references.Machine);
            var windows = (int)Math.Clamp(MostLogits / ((long)text.Window * text.Vocabulary * sizeof(float)), 1, text.Windows);
            var logits = Path.Combine(folder.FullName, "logits");
            var ask = new
            {
                model = model.Model,
                logits,
                vocabulary = text.Vocabulary,
                window = text.Window,
                tokens = tokens.Take(text.Window * windows),
                feeds,
            };
            var sandbox = await ModelSandbox.StartAsync(tools.Command(processor), Limits(model, tokens.Count), time, cancellationToken)
                .ConfigureAwait(false);
            await using (sandbox.ConfigureAwait(false))
            {
                var answer = LabRuntimeAnswer.Read(
                    await sandbox.DoAsync(JsonSerializer.Serialize(ask), cancellationToken).ConfigureAwait(false));
                return answer.Error is { } error
                    ? row with { Verdict = new(answer.Opened ? "failed" : "does-not-load", error) }
                    : references.Fill(row with { Trial = Trial(text.Compare(logits, tokens, windows, references.Folders)) });
            }
        }
        catch (SandboxException ended)
        {
            return row with
            {
                Verdict = ended.Ending == SandboxEnding.NotStarted
                    ? LabVerdict.NotTried($"{ended.Message} Node.js 20 or newer runs other versions.")
                    : new("died", ended.Message),
            };
        }
        catch (InvalidDataException odd)
        {
            return row with { Verdict = new("failed", odd.Message) };
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static TrialResult Trial(TrialPass prompt) => new() { ModelBytes = null, CacheBytes = 0, Prompt = prompt };

    private static RunLimits Limits(LabModel model, int tokens)
    {
        var memory = RunLimitPlan.MemoryOf(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        var limits = RunLimitPlan.For(new(2 * model.Bytes, model.Parameters, tokens), memory, MostCpu, 1);
        return limits with { MemoryBytes = limits.MemoryBytes + NodeBytes, Threads = limits.Threads + NodeThreads };
    }
}

/// <summary>What the process says.</summary>
/// <param name="Opened">The runtime took the model.</param>
/// <param name="Error">What it refused or failed with; null when all ran.</param>
internal sealed record LabRuntimeAnswer(bool Opened, string? Error)
{
    private const int MostText = 600;

    /// <exception cref="InvalidDataException">When it says nothing of the kind.</exception>
    internal static LabRuntimeAnswer Read(string answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            var root = document.RootElement;
            var error = root.TryGetProperty("error", out var text) ? text.GetString() ?? "it failed" : null;
            return new(root.GetProperty("opened").GetBoolean(), error?[..Math.Min(error.Length, MostText)].ReplaceLineEndings(" "));
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"The process of the other runtime answered something else: {fault.Message}", fault);
        }
    }
}
