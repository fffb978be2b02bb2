using Microsoft.Azure.Functions.Worker;
using SlmOps.Pipeline;

namespace SlmOps.Functions;

/// <summary>Builds one variant.</summary>
public sealed class QuantizeTrigger(PipelineFlow flow)
{
    [Function("Quantize")]
    public Task Run([QueueTrigger("quantize", Connection = "SlmOpsStorage")] string message, CancellationToken cancellationToken) =>
        flow.StageAsync("quantize", message, cancellationToken);

    [Function("QuantizePoison")]
    public Task Poisoned(
        [QueueTrigger("quantize-poison", Connection = "SlmOpsStorage")] string message,
        CancellationToken cancellationToken) => flow.PoisonedAsync("quantize", message, cancellationToken);
}
