using System.Diagnostics;

namespace SlmOps.Packaging.Tests;

/// <summary>What .NET itself cannot make in a folder.</summary>
internal static class Unusual
{
    /// <summary>A pipe; whoever opens it for reading waits for a writer.</summary>
    internal static void Pipe(string path)
    {
        using var made = Process.Start("mkfifo", [path]);
        made.WaitForExit();
        Assert.Equal(0, made.ExitCode);
    }
}
