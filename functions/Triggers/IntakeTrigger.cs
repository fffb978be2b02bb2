using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>Turns an upload into a run.</summary>
public sealed class IntakeTrigger(PipelineFlow flow)
{
    [Function("Intake")]
    public Task Run([QueueTrigger("model-uploads", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.IntakeAsync(message, cancellationToken);

    [Function("IntakePoison")]
    public Task Poisoned(
        [QueueTrigger("model-uploads-poison", Connection = "SlmOpsStorage")] string message,
        CancellationToken cancellationToken) => flow.UploadPoisonedAsync(message, cancellationToken);
}
