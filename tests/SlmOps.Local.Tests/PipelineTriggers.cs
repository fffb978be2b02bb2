using Microsoft.Azure.Functions.Worker;
using SlmOps.Local.Tests.FunctionsHost;

namespace SlmOps.Local.Tests;

/// <summary>The two entries of the flow, as the platform wires them.</summary>
public sealed class UploadTrigger(Script script)
{
    [Function("Upload")]
    public Task Run([QueueTrigger("model-uploads", Connection = "SlmOpsStorage")] string message, FunctionContext context, CancellationToken cancellationToken) =>
        script.RunAsync(message, context, cancellationToken);
}

public sealed class RolloutStartTrigger(Script script)
{
    [Function("RolloutStart")]
    public Task Run([QueueTrigger("rollout-starts", Connection = "SlmOpsStorage")] string released, FunctionContext context, CancellationToken cancellationToken) =>
        script.RunAsync(released, context, cancellationToken);
}
