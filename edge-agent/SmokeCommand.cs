using System.Text.Json;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Smoke;

namespace SlmOps.EdgeAgent;

/// <summary><c>--smoke</c>: tests one folder and prints the outcome, alone in its process.</summary>
internal static class SmokeCommand
{
    internal static int Run(string folder, int prompts, long memory, CancellationToken cancellationToken)
    {
        if (memory > 0)
        {
            Filesystem.LimitData(memory);
        }

        var outcome = SmokeTester.Run(folder, prompts, cancellationToken);
        Console.Out.WriteLine(JsonSerializer.Serialize(outcome, SmokeJson.Default.SmokeOutcome));
        return outcome.Passed ? 0 : 1;
    }
}
