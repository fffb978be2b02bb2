using System.Text.Json;
using SlmOps.EdgeAgent.Smoke;
using SlmOps.Inference.Sandbox;

namespace SlmOps.EdgeAgent;

/// <summary><c>--smoke</c>: tests the folders that its parent names, alone in its process, until the parent closes its pipe.</summary>
internal static class SmokeCommand
{
    internal static int Run(CancellationToken cancellationToken) => SandboxServer.Run(body =>
    {
        var request = JsonSerializer.Deserialize(body, SmokeJson.Default.SmokeRequest)!;
        var outcome = SmokeTester.Run(request.Folder, request.Prompts, cancellationToken);
        return JsonSerializer.Serialize(outcome, SmokeJson.Default.SmokeOutcome);
    });
}
