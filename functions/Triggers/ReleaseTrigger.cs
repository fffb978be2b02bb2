using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>Signs and announces the release.</summary>
public sealed class ReleaseTrigger(PipelineFlow flow)
{
    [Function("Release")]
    public Task Run([QueueTrigger("release", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.StageAsync("release", message, cancellationToken);

    [Function("ReleasePoison")]
    public Task Poisoned(
        [QueueTrigger("release-poison", Connection = "SlmOpsStorage")] string message,
        CancellationToken cancellationToken) => flow.PoisonedAsync("release", message, cancellationToken);
}
