using SlmOps.Inference.Sandbox;

namespace SlmOps.Pipeline.Sandboxes;

/// <summary>Starts the processes that run uploaded models, with limits from the machine and from what is to be done.</summary>
internal sealed class ModelSandboxes(PipelineOptions options, TimeProvider time)
{
    private readonly Lazy<IReadOnlyList<string>> _command = new(() => RunnerCommand.Find());

    internal Task<ModelSandbox> StartAsync(RunSize size, CancellationToken cancellationToken) =>
        ModelSandbox.StartAsync(_command.Value, Limits(options, size), time, cancellationToken);

    internal static RunLimits Limits(PipelineOptions options, RunSize size) => RunLimitPlan.For(
        size,
        options.RunMemoryBytes > 0 ? options.RunMemoryBytes : RunLimitPlan.MemoryOf(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
        TimeSpan.FromSeconds(options.MaxRunSeconds),
        options.Threads) with
    { FileBytes = options.MaxRunFileBytes, Threads = options.MaxRunThreads + options.Threads };
}
