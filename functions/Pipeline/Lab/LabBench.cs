using SlmOps.Inference;
using SlmOps.Inference.Sandbox;
using SlmOps.Inference.Trials;
using SlmOps.Pipeline.Processors;

namespace SlmOps.Pipeline.Lab;

/// <summary>One model on one processor: the agent's smoke test, then the text, in one process of its own within limits.</summary>
/// <param name="tools">What this machine has.</param>
/// <param name="limits">Limits of a process that does so much; what an emulator needs comes on top.</param>
/// <param name="time">Clock of the limits.</param>
internal sealed class LabBench(LabTools tools, Func<RunSize, RunLimits> limits, TimeProvider time)
{
    // QEMU's own memory, translated code included, beside the model's.
    private const long EmulatorBytes = 1L << 30;

    // An emulated processor is some tens of times slower, and the bound is there for what does not end.
    private const int EmulatorFactor = 40;
    internal static readonly TimeSpan MostCpu = TimeSpan.FromHours(2);

    /// <summary>A row without its verdict, or with one where there is nothing to be judged any more.</summary>
    internal async Task<LabRow> TryAsync(
        LabModel model, LabProcessor processor, TrialRequest ask, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var allowed = Limits(model, processor, ask);
        var row = new LabRow
        {
            Variant = model.Name,
            Processor = processor.Name,
            Emulated = processor.IsEmulated,
            Verdict = LabVerdict.NotTried("not tried yet"),
        };
        try
        {
            var sandbox = await ModelSandbox
                .StartAsync([.. tools.Command(processor), "--smoke"], allowed, time, cancellationToken)
                .ConfigureAwait(false);
            await using (sandbox.ConfigureAwait(false))
            {
                row = model.IsReference ? row : row with
                {
                    Smoke = LabSmokeTest.Read(await sandbox
                        .DoAsync(LabSmokeTest.Ask(model.Folder), cancellationToken).ConfigureAwait(false)),
                };
                return row with { Trial = await sandbox.TryAsync(model.Model, ask, progress, cancellationToken).ConfigureAwait(false) };
            }
        }
        catch (SandboxException ended)
        {
            // What the emulator or the agent lack is no verdict on the model, and neither is an emulator's speed.
            return row with
            {
                Verdict = ended.Ending == SandboxEnding.NotStarted || (ended.Ending == SandboxEnding.TooSlow && processor.IsEmulated)
                    ? LabVerdict.NotTried(ended.Message)
                    : Died(row, ended),
            };
        }
        catch (ModelOpenException refused)
        {
            return row with { Verdict = new("does-not-load", refused.Message) };
        }
        catch (Exception failed) when (failed is InferenceException or ArgumentException or InvalidDataException)
        {
            return row with { Verdict = new("failed", failed.Message) };
        }
    }

    private static LabVerdict Died(LabRow row, SandboxException ended) =>
        new(row.Smoke is null ? "smoke-crashed" : "died", $"{(row.Smoke is null ? "smoke test" : "text")}: {Named(ended.Message)}");

    /// <summary>The signal that is a class of processor's own says so.</summary>
    private static string Named(string message) => message.Replace(
        "ended by signal 4", "ended by signal 4, SIGILL: an instruction that this processor does not have", StringComparison.Ordinal);

    private RunLimits Limits(LabModel model, LabProcessor processor, TrialRequest ask)
    {
        // Prompt and steps; without a cache every step computes its window again.
        var size = new RunSize(2 * model.Bytes, model.Parameters, ask.Tokens.Count * (1L + ask.WindowTokens));
        var natively = limits(size);
        if (!processor.IsEmulated)
        {
            return natively;
        }

        var cpu = natively.Cpu * EmulatorFactor < MostCpu ? natively.Cpu * EmulatorFactor : MostCpu;
        return natively with
        {
            MemoryBytes = natively.MemoryBytes + EmulatorBytes,
            AddressBytes = natively.AddressBytes + (64 * EmulatorBytes),
            Cpu = cpu,
            Wall = cpu * 2,
        };
    }
}
