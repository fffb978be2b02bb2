using SlmOps.Inference;
using SlmOps.Inference.Sandbox;
using SlmOps.Inference.Trials;

namespace SlmOps.Pipeline.Lab;

/// <summary>One model on one processor: the agent's smoke test, then the text, in one process of its own within limits.</summary>
internal sealed class LabBench(LabTools tools, TimeProvider time)
{
    // QEMU's own memory, translated code included, beside the model's.
    private const long EmulatorBytes = 1L << 30;

    // An emulated processor is some tens of times slower, and the bound is there for what does not end.
    private const int EmulatorFactor = 40;
    private static readonly TimeSpan MostCpu = TimeSpan.FromHours(2);

    /// <summary>A row without its verdict, or with one where there is nothing to be judged any more.</summary>
    internal async Task<LabRow> TryAsync(
        LabModel model, LabProcessor processor, TrialRequest ask, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        var limits = Limits(model, processor, ask);
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
                .StartAsync([.. tools.Command(processor), "--smoke"], limits, time, cancellationToken)
                .ConfigureAwait(false);
            await using (sandbox.ConfigureAwait(false))
            {
                row = row with
                {
                    Smoke = LabSmokeTest.Read(await sandbox
                        .DoAsync(LabSmokeTest.Ask(model.Folder), cancellationToken).ConfigureAwait(false)),
                };
                return row with { Trial = await sandbox.TryAsync(model.Model, ask, progress, cancellationToken).ConfigureAwait(false) };
            }
        }
        catch (SandboxException ended)
        {
            // What the emulator or the agent lack is no verdict on the model.
            return row with { Verdict = ended.Ending == SandboxEnding.NotStarted ? LabVerdict.NotTried(ended.Message) : Died(row, ended) };
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

    private static RunLimits Limits(LabModel model, LabProcessor processor, TrialRequest ask)
    {
        // Prompt and steps; without a cache every step computes its window again.
        var size = new RunSize(2 * model.Bytes, model.Parameters, ask.Tokens.Count * (1L + ask.WindowTokens));
        var limits = RunLimitPlan.For(size, RunLimitPlan.MemoryOf(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes), MostCpu, 1);
        if (!processor.IsEmulated)
        {
            return limits;
        }

        var cpu = limits.Cpu * EmulatorFactor < MostCpu ? limits.Cpu * EmulatorFactor : MostCpu;
        return limits with
        {
            MemoryBytes = limits.MemoryBytes + EmulatorBytes,
            AddressBytes = limits.AddressBytes + (64 * EmulatorBytes),
            Cpu = cpu,
            Wall = cpu * 2,
        };
    }
}
