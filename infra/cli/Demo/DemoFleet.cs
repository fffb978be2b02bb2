using System.Diagnostics;
using SlmOps.Cli.Agent;
using SlmOps.Contracts;
using SlmOps.Local;

namespace SlmOps.Cli.Demo;

/// <summary>Agents as processes of their own; their logs go to files, and all of them end with the fleet.</summary>
internal sealed class DemoFleet : IAsyncDisposable
{
    private readonly List<(string Id, Process Process, StreamWriter Log)> _agents = [];

    internal void Start(Connection connection, ChannelName channel, IReadOnlyList<AgentProfile> profiles, string folder)
    {
        foreach (var profile in profiles)
        {
            var data = PrivateFile.Folder(Path.Combine(PrivateFile.Folder(folder), profile.Id));
            var start = AgentProcess.StartInfo(
                AgentProcess.Arguments(connection, channel, profile, data), connection.EnrolmentToken, profile.Foreign);
            start.RedirectStandardError = true;
            start.RedirectStandardOutput = true;
            var log = new StreamWriter(Path.Combine(folder, $"{profile.Id}.log")) { AutoFlush = true };
            var process = Process.Start(start) ?? throw new CliException("An agent could not be started.");
            DataReceivedEventHandler write = (_, line) =>
            {
                lock (log)
                {
                    log.WriteLine(line.Data);
                }
            };
            process.OutputDataReceived += write;
            process.ErrorDataReceived += write;
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            _agents.Add((profile.Id, process, log));
        }
    }

    /// <summary>Fails when an agent ends before the fleet does.</summary>
    internal async Task WatchAsync()
    {
        var first = await Task.WhenAny(_agents.Select(async agent =>
        {
            await agent.Process.WaitForExitAsync();
            return agent.Id;
        }));
        throw new CliException($"The agent {await first} ended; see its log.");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, process, log) in _agents)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            await process.WaitForExitAsync();
            process.Dispose();
            await log.DisposeAsync();
        }
    }
}
