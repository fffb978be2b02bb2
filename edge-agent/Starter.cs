using System.Diagnostics;

namespace SlmOps.EdgeAgent;

/// <summary>Whoever starts agents for a while, as the demo does, and must leave none behind however it ends.</summary>
internal static class Starter
{
    private const string Variable = "SLMOPS_STARTER";
    private const string Pipe = "pipe";

    /// <summary>
    /// Where the environment says that standard input is a pipe to the starter, this process ends when the pipe closes: the
    /// starter is gone then. At once, as a power cut would end it: an agent goes on from there.
    /// </summary>
    internal static void EndWithIt()
    {
        if (Environment.GetEnvironmentVariable(Variable) != Pipe)
        {
            return;
        }

        var input = Console.OpenStandardInput();
        new Thread(() =>
        {
            var nothing = new byte[64];
            while (input.Read(nothing, 0, nothing.Length) > 0)
            {
                // Nobody writes there.
            }

            using var self = Process.GetCurrentProcess();
            self.Kill();
        })
        {
            IsBackground = true,
            Name = "starter",
        }.Start();
    }
}
