using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;

/// <summary>
/// Loaded into a worker process by the .NET runtime (DOTNET_STARTUP_HOOKS), before the app's own code. A worker does not
/// end by itself when its host vanishes; so it holds the reading end of a pipe to its host, and this ends the process when
/// the pipe closes, however the host died.
/// </summary>
internal static class StartupHook
{
    private const string Hooks = "DOTNET_STARTUP_HOOKS";

    /// <summary>The name and the signature are the runtime's.</summary>
    public static void Initialize()
    {
        // Processes that the app starts are not workers: they keep the hooks of others alone.
        var own = typeof(StartupHook).Assembly.GetName().Name;
        var others = (Environment.GetEnvironmentVariable(Hooks) ?? "").Split(Path.PathSeparator)
            .Where(hook => Path.GetFileNameWithoutExtension(hook) != own).ToArray();
        Environment.SetEnvironmentVariable(Hooks, others.Length == 0 ? null : string.Join(Path.PathSeparator.ToString(), others));
        var pipe = Console.OpenStandardInput();
        new Thread(() =>
        {
            var nothing = new byte[64];
            while (pipe.Read(nothing, 0, nothing.Length) > 0)
            {
                // Nobody writes there.
            }

            // At once: a function that runs belongs to a host that is gone, and its message comes back by itself.
            Process.GetCurrentProcess().Kill();
        })
        {
            IsBackground = true,
            Name = "worker guard",
        }.Start();
    }
}
