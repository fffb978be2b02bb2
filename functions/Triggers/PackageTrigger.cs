using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>Packages the accepted variants.</summary>
public sealed class PackageTrigger(PipelineFlow flow)
{
    [Function("Package")]
    public Task Run([QueueTrigger("package", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.StageAsync("package", message, cancellationToken);

    [Function("PackagePoison")]
    public Task Poisoned(
        [QueueTrigger("package-poison", Connection = "SlmOpsStorage")] string message,
        CancellationToken cancellationToken) => flow.PoisonedAsync("package", message, cancellationToken);
}
