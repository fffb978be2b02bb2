using SlmOps.Inference.Sandbox;

namespace SlmOps.Runner;

/// <summary>The process that runs uploaded models for the pipeline and the command-line tool: they start it, and end it.</summary>
internal static class RunnerProgram
{
    private static int Main() => SandboxServer.Run();
}
