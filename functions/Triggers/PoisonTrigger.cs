using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>Messages that a stage failed on every time.</summary>
public sealed class PoisonTrigger(PipelineFlow flow)
{
    [Function("IntakePoison")]
    public Task Intake([QueueTrigger("model-uploads-poison", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.UploadPoisonedAsync(message, cancellationToken);

    [Function("QuantizePoison")]
    public Task Quantize([QueueTrigger("quantize-poison", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.PoisonedAsync("quantize", message, cancellationToken);

    [Function("ValidatePoison")]
    public Task Validate([QueueTrigger("validate-poison", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.PoisonedAsync("validate", message, cancellationToken);

    [Function("PackagePoison")]
    public Task Package([QueueTrigger("package-poison", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.PoisonedAsync("package", message, cancellationToken);

    [Function("DeltasPoison")]
    public Task Deltas([QueueTrigger("deltas-poison", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.PoisonedAsync("deltas", message, cancellationToken);

    [Function("ReleasePoison")]
    public Task Release([QueueTrigger("release-poison", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.PoisonedAsync("release", message, cancellationToken);

    [Function("AdaptPoison")]
    public Task Adapt([QueueTrigger("adapt-poison", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.PoisonedAsync("adapt", message, cancellationToken);
}
