using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>Tries one variant on other processors.</summary>
public sealed class LabTrigger(PipelineFlow flow)
{
    [Function("Lab")]
    public Task Run([QueueTrigger("lab", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.StageAsync("lab", message, cancellationToken);

    [Function("LabPoison")]
    public Task Poisoned(
        [QueueTrigger("lab-poison", Connection = "SlmOpsStorage")] string message,
        CancellationToken cancellationToken) => flow.PoisonedAsync("lab", message, cancellationToken);
}
