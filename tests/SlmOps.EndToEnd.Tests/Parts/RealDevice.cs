using System.Diagnostics;
using SlmOps.Cli.Agent;
using SlmOps.Contracts;

namespace SlmOps.EndToEnd.Tests.Parts;

/// <summary>A device with the agent's own program, which can be stopped, killed and started again on the folder it has.</summary>
internal sealed class RealDevice(Platform platform, string id, ChannelName channel, Folder folder) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<string> _said = [];
    private Process? _process;

    internal string Id => id;

    internal ChannelName Channel { get; set; } = channel;

    /// <summary>Its data folder.</summary>
    internal string Data { get; set; } = folder.Of(id);

    /// <summary>Where it finds the service; null for the service itself.</summary>
    internal Uri? Url { get; init; }

    /// <summary>What starts its tests of models; null for nothing.</summary>
    internal string? Launcher { get; init; }

    internal string Said
    {
        get
        {
            lock (_lock)
            {
                return string.Join(Environment.NewLine, _said.TakeLast(20));
            }
        }
    }

    internal RealDevice Start()
    {
        Directory.CreateDirectory(Data);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var connection = platform.Connection with { FunctionsUrl = Url ?? platform.Connection.FunctionsUrl };
        var profile = new AgentProfile(id, "1GiB", "balanced", "0.3", new Dictionary<string, string>());
        var start = AgentProcess.StartInfo(
            [.. AgentProcess.Arguments(connection, Channel, profile, Data), .. Launcher is null ? (string[])[] : ["--launcher", Launcher]],
            connection.EnrolmentToken);
        start.RedirectStandardError = true;
        start.RedirectStandardOutput = true;
        _process = Process.Start(start)!;
        DataReceivedEventHandler keep = (_, line) =>
        {
            lock (_lock)
            {
                _said.Add(line.Data ?? "");
            }
        };
        _process.OutputDataReceived += keep;
        _process.ErrorDataReceived += keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        return this;
    }

    /// <summary>As a service manager stops it.</summary>
    internal async Task StopAsync()
    {
        using var term = Process.Start("kill", ["-TERM", $"{_process!.Id}"]);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(_process.ExitCode == 0, Said);
        _process.Dispose();
        _process = null;
    }

    /// <summary>As a power switch does.</summary>
    internal async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        _process.Dispose();
        _process = null;
    }

    /// <summary>Asks the program to try again what failed here.</summary>
    internal async Task RetryAsync()
    {
        using var retry = Process.Start(AgentProcess.Find(), ["retry", "--data", Data]);
        await retry.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, retry.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } running)
        {
            running.Kill(entireProcessTree: true);
            await running.WaitForExitAsync();
            running.Dispose();
        }
    }
}
