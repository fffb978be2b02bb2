using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>A release was announced: starts its rollout.</summary>
public sealed class RolloutStartTrigger(PipelineFlow flow)
{
    [Function("RolloutStart")]
    public Task Run([QueueTrigger("rollout-starts", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.RolloutRequestedAsync(message, cancellationToken);
}
