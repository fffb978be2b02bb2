using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using SlmOps.Local;

namespace SlmOps.Cli.Up;

/// <summary>The app under the Azure Functions Core Tools: <c>func start</c> in the app's output folder.</summary>
internal sealed partial class CoreToolsHost : IAsyncDisposable
{
    internal const string HowToGet =
        "The Azure Functions Core Tools were not found: there is no `func` on PATH. Install version 4 with `npm install -g "
            + "azure-functions-core-tools@4`, "
        + "or see https://aka.ms/azfunc-install; or leave out --host core-tools, and the built-in host runs the functions.";

    private const int SigTerm = 15;
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private readonly Process _process;

    private CoreToolsHost(Process process)
    {
        _process = process;
        Ended = process.WaitForExitAsync();
    }

    /// <summary>Ends with <c>func</c>.</summary>
    internal Task Ended { get; }

    /// <summary>What <c>func</c> ended with.</summary>
    internal int ExitCode => _process.ExitCode;

    /// <summary>The arguments: the app is built already, and the port is the platform's.</summary>
    internal static IReadOnlyList<string> Arguments(int port) =>
        ["start", "--no-build", "--port", port.ToString(CultureInfo.InvariantCulture)];

    /// <summary>The same settings as under the built-in host, and what <c>func</c> asks for itself.</summary>
    internal static IReadOnlyDictionary<string, string> Settings(LocalEndpoints endpoints)
    {
        var settings = PlatformStart.Settings(endpoints).ToDictionary();
        // The records of its own console are for people.
        settings.Remove("SlmOpsConsole");
        settings["AzureWebJobsStorage"] = endpoints.StorageConnectionString;
        settings["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated";
        return settings;
    }

    /// <exception cref="CliException">When there is no <c>func</c>.</exception>
    internal static CoreToolsHost Start(string appFolder, int port, IReadOnlyDictionary<string, string> settings, Action<string> line)
    {
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? "func.cmd" : "func")
        {
            WorkingDirectory = appFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in Arguments(port))
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, read) => Say(read.Data);
        process.ErrorDataReceived += (_, read) => Say(read.Data);
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            process.Dispose();
            throw new CliException(HowToGet);
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new(process);

        void Say(string? text)
        {
            if (text is not null)
            {
                line(text);
            }
        }
    }

    /// <summary>Asks <c>func</c> to end, and makes it end when it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited && !OperatingSystem.IsWindows() && SendSignal(_process.Id, SigTerm) == 0)
        {
            await Task.WhenAny(Ended, Task.Delay(StopPatience, TimeProvider.System));
        }

        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await Ended;
        }

        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int process, int signal);
}
