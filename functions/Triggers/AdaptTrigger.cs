using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>Tries an adaptation on its base and signs its compositions.</summary>
public sealed class AdaptTrigger(PipelineFlow flow)
{
    [Function("Adapt")]
    public Task Run([QueueTrigger("adapt", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.StageAsync("adapt", message, cancellationToken);

    [Function("AdaptPoison")]
    public Task Poisoned(
        [QueueTrigger("adapt-poison", Connection = "SlmOpsStorage")] string message,
        CancellationToken cancellationToken) => flow.PoisonedAsync("adapt", message, cancellationToken);
}
