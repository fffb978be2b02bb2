using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>Makes deltas from earlier releases.</summary>
public sealed class DeltaTrigger(PipelineFlow flow)
{
    [Function("Deltas")]
    public Task Run([QueueTrigger("deltas", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.StageAsync("deltas", message, cancellationToken);

    [Function("DeltasPoison")]
    public Task Poisoned(
        [QueueTrigger("deltas-poison", Connection = "SlmOpsStorage")] string message,
        CancellationToken cancellationToken) => flow.PoisonedAsync("deltas", message, cancellationToken);
}
