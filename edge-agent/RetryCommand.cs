using System.CommandLine;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.State;

namespace SlmOps.EdgeAgent;

/// <summary><c>slmops-agent retry</c>: what failed on this device is tried again.</summary>
internal static class RetryCommand
{
    private const string Description = """
        Try again what failed on this device, once what caused it is mended: every release and adaptation that is not tried any
        more, or one release, and what waits for its next try. A running agent takes it up at its next look at the channel.
        """;

    internal static Command Build()
    {
        var release = new Argument<string?>("release")
        {
            HelpName = "name/version",
            Description = "The release to try again; everything unless given",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var data = new Option<string>("--data") { HelpName = "folder", Description = "The agent's data folder; SLMOPS_DATA unless given." };
        var command = new Command("retry", Description) { release, data };
        command.SetAction(async (parsed, _) =>
        {
            var root = parsed.GetValue(data) ?? Environment.GetEnvironmentVariable("SLMOPS_DATA");
            if (string.IsNullOrWhiteSpace(root) || !Directory.Exists(root))
            {
                await Console.Error.WriteLineAsync("--data is missing or no folder: the agent's data folder.");
                return 2;
            }

            var named = parsed.GetValue(release);
            if (RetryRequest.Parse(named ?? RetryRequest.Everything) is not { } request)
            {
                await Console.Error.WriteLineAsync($"'{named}' is not a release: a name and a version such as pydocs-slm/1.0.0.");
                return 2;
            }

            try
            {
                var (done, said) = Run(new(root), request);
                await (done ? Console.Out : Console.Error).WriteLineAsync(said);
                return done ? 0 : 1;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync($"slmops-agent retry: {exception.Message}");
                return 1;
            }
        });
        return command;
    }

    /// <summary>Leaves the wish in the data folder, if there is anything to wish for.</summary>
    internal static (bool Done, string Said) Run(DataFolder folder, RetryRequest request)
    {
        if (StateFile.Peek(folder.State) is not { } state)
        {
            return (false, $"'{folder.Root}' holds no journal that can be read. Has an agent run there?");
        }

        if (ReferenceEquals(Pardon.Asked(state, request.Named), state))
        {
            var what = request.Named is null ? "Nothing" : $"{request.Line} is not condemned and waits for nothing here; nothing";
            return (false, $"{what} is to be tried again.{Others(state)}");
        }

        RetryFile.Add(folder, request);
        return (true, $"{(request.Named is null ? "Everything that failed here" : request.Line)} is tried again at the agent's next look.");
    }

    private static string Others(AgentState state) => state.Condemned.Count == 0
        ? ""
        : $" Condemned here: {string.Join(", ", state.Condemned.Select(one => $"{Named(one, state)} ({one.Code})"))}.";

    private static string Named(CondemnedRelease one, AgentState state)
    {
        var known = state.Known.FirstOrDefault(release => release.Release.Digest == one.Release)?.Release;
        return one is { Model: { } model, Version: { } version } ? $"{model}/{version}"
            : known is not null ? $"{known.Model}/{known.Version}"
            : one.Release.ToString();
    }
}
