using System.Diagnostics;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>The command-line tool in a process of its own.</summary>
internal static class CliProcess
{
    /// <summary>Starts it.</summary>
    /// <param name="temporary">Its folder for temporary files, which what it starts inherits; null for the system's.</param>
    /// <param name="arguments">Its arguments.</param>
    internal static Process Start(string? temporary, params string[] arguments)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(output.Parent!.Parent!.FullName, "SlmOps.Cli", output.Name, "slmops.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (temporary is not null)
        {
            start.Environment["TMPDIR"] = temporary;
        }

        return Process.Start(start)!;
    }

    internal static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Start(null, arguments);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await error);
    }
}
