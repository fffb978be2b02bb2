using System.Diagnostics;
using SlmOps.Contracts;

namespace SlmOps.Cli.Agent;

/// <summary>The agent's executable and how a command starts it.</summary>
internal static class AgentProcess
{
    internal const string PathVariable = "SLMOPS_AGENT";
    private const string TokenVariable = "SLMOPS_TOKEN";
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

        if (profile.Foreign is { } foreign)
        {
            arguments.AddRange(["--launcher", foreign.Option]);
        }

        return arguments;
    }

    /// <param name="arguments">Its arguments.</param>
    /// <param name="token">Its enrolment token: other users of the machine see arguments, and not the environment.</param>
    /// <param name="foreign">The agent of another processor; null for this machine's.</param>
    internal static ProcessStartInfo StartInfo(IReadOnlyList<string> arguments, string? token, ForeignAgent? foreign = null)
    {
        string[] program = foreign is null ? [Find()] : [.. foreign.Launcher, foreign.Program];
        // A pipe that is closed when this process ends, however it ends: then the agent ends too.
        var start = new ProcessStartInfo(program[0], program[1..]) { UseShellExecute = false, RedirectStandardInput = true };
        start.Environment[StarterVariable] = "pipe";
        if (!string.IsNullOrEmpty(token))
        {
            start.Environment[TokenVariable] = token;
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
    string Id, string Memory, string Prefer, string PollSeconds, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>The agent of another processor that it runs; null for this machine's.</summary>
    internal ForeignAgent? Foreign { get; init; }
}
