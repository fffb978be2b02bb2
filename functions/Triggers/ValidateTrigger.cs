using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>Measures and judges one variant.</summary>
public sealed class ValidateTrigger(PipelineFlow flow)
{
    [Function("Validate")]
    public Task Run([QueueTrigger("validate", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.StageAsync("validate", message, cancellationToken);

    [Function("ValidatePoison")]
    public Task Poisoned(
        [QueueTrigger("validate-poison", Connection = "SlmOpsStorage")] string message,
        CancellationToken cancellationToken) => flow.PoisonedAsync("validate", message, cancellationToken);
}
