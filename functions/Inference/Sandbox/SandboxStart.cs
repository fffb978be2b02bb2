using System.Diagnostics;

namespace SlmOps.Inference.Sandbox;

/// <summary>How a process that runs models is started: its pipes, and what it inherits.</summary>
internal static class SandboxStart
{
    private const string Own = "SLMOPS_";
    private static readonly string[] Inherited = ["PATH", "HOME", "TMPDIR", "TEMP", "SystemRoot", "LD_LIBRARY_PATH", "LANG"];
    private static readonly string[] InheritedPrefixes = ["DOTNET_", "QEMU_"];

    internal static ProcessStartInfo Of(IReadOnlyList<string> launcher, IReadOnlyList<string> command)
    {
        string[] all = [.. launcher, .. command];
        var start = new ProcessStartInfo(all[0], all.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };

        // The process needs no secret, and a library that a bad model has taken over should find none. A launcher was put there
        // by whoever owns the machine and may need to know more, such as where the user's systemd listens.
        foreach (var name in start.Environment.Keys.Where(name => launcher.Count > 0 ? IsSecret(name) : !IsNeeded(name)).ToList())
        {
            start.Environment.Remove(name);
        }

        // No debugger's socket, no collector thread, no counting for an optimization that a short life never sees, and loops
        // over logits are compiled well at once.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_TC_QuickJitForLoops"] = "0";
        start.Environment[RuntimeTelemetry.Variable] = "1";
        return start;
    }

    private static bool IsSecret(string name) => name.StartsWith(Own, StringComparison.OrdinalIgnoreCase);

    private static bool IsNeeded(string name) => Inherited.Contains(name) || InheritedPrefixes.Any(name.StartsWith);
}
