using System.Diagnostics;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>The functions in a process of their own, which can be killed.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Queue<string> _output = new();

    private HostProcess(Process process) => _process = process;

    internal bool HasExited => _process.HasExited;

    internal string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join(Environment.NewLine, _output);
            }
        }
    }

    internal static HostProcess Start(string dataFolder, int leaseSeconds)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(output.Parent!.Parent!.FullName, "SlmOps.Cli", output.Name, "slmops.dll");
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "exec", program, "host", "--data", dataFolder, "--lease", $"{leaseSeconds}" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var host = new HostProcess(new Process { StartInfo = start });
        DataReceivedEventHandler keep = (_, line) =>
        {
            lock (host._output)
            {
                host._output.Enqueue(line.Data ?? "");
                while (host._output.Count > 20)
                {
                    host._output.Dequeue();
                }
            }
        };
        host._process.OutputDataReceived += keep;
        host._process.ErrorDataReceived += keep;
        host._process.Start();
        host._process.BeginOutputReadLine();
        host._process.BeginErrorReadLine();
        return host;
    }

    /// <summary>SIGKILL: nothing in the process runs after it.</summary>
    internal async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }
}
