using Azure.Messaging;
using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>A release was announced: asks for its rollout.</summary>
public sealed class RolloutStartTrigger(PipelineFlow flow)
{
    [Function("RolloutStart")]
    public Task Run([EventGridTrigger] CloudEvent released, CancellationToken cancellationToken) =>
        flow.RolloutRequestedAsync(released, cancellationToken);
}
