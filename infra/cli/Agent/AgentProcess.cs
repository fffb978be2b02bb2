using System.Diagnostics;
using SlmOps.Contracts;

namespace SlmOps.Cli.Agent;

/// <summary>The agent's executable and how a command starts it.</summary>
internal static class AgentProcess
{
    internal const string PathVariable = "SLMOPS_AGENT";
    private const string KeyVariable = "SLMOPS_KEY";
    private const string StarterVariable = "SLMOPS_STARTER";

    /// <summary>The agent built with this tool, unless <c>SLMOPS_AGENT</c> names another, such as the NativeAOT one.</summary>
    internal static string Find()
    {
        if (Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } named)
        {
            return File.Exists(named) ? named : throw new CliException($"{PathVariable} names {named}, which does not exist.");
        }

        var name = OperatingSystem.IsWindows() ? "slmops-agent.exe" : "slmops-agent";
        var path = Path.Combine(Installation.AgentFolder(), name);
        return File.Exists(path)
            ? path
            : throw new CliException($"The agent is not built: {path} does not exist. Run `dotnet build`, or set {PathVariable}.");
    }

    internal static IReadOnlyList<string> Arguments(Connection connection, ChannelName channel, AgentProfile profile, string dataFolder)
    {
        List<string> arguments =
        [
            "--url", connection.FunctionsUrl.ToString(),
            "--trust", connection.TrustFile,
            "--channel", channel,
            "--id", profile.Id,
            "--data", dataFolder,
            "--memory", profile.Memory,
            "--prefer", profile.Prefer,
            "--poll", profile.PollSeconds,
        ];
        foreach (var (key, value) in profile.Labels)
        {
            arguments.AddRange(["--label", $"{key}={value}"]);
        }

        return arguments;
    }

    /// <param name="arguments">Its command line, which every user of the machine can read.</param>
    /// <param name="key">The key for the service, which they cannot: it goes into the environment. Null changes nothing there.</param>
    internal static ProcessStartInfo StartInfo(IReadOnlyList<string> arguments, string? key)
    {
        // A pipe that is closed when this process ends, however it ends: then the agent ends too.
        var start = new ProcessStartInfo(Find()) { UseShellExecute = false, RedirectStandardInput = true };
        start.Environment[StarterVariable] = "pipe";
        if (key is not null)
        {
            start.Environment[KeyVariable] = key;
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}

/// <summary>A device as the demo makes it.</summary>
internal sealed record AgentProfile(
    string Id, string Memory, string Prefer, string PollSeconds, IReadOnlyDictionary<string, string> Labels);
