using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>The clock of rollouts and of the outbox.</summary>
public sealed class TickTrigger(PipelineFlow flow)
{
    [Function("Tick")]
    public Task Run([TimerTrigger("%SlmOpsTick%")] TimerInfo timer, CancellationToken cancellationToken) =>
        flow.TickAsync(cancellationToken);
}
