using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>Moves a channel's rollout.</summary>
public sealed class RolloutTrigger(PipelineFlow flow)
{
    [Function("Rollout")]
    public Task Run([QueueTrigger("rollouts", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.RolloutAsync(message, cancellationToken);
}
