using System.CommandLine;

namespace SlmOps.Cli.Access;

/// <summary>A command that asks the running system for one thing.</summary>
internal static class ClientCommand
{
    internal static Command Build(
        string name,
        string description,
        IReadOnlyList<Argument> arguments,
        IReadOnlyList<Option> options,
        Func<OperatorClient, Terminal, ParseResult, CancellationToken, Task> run)
    {
        var json = new Option<bool>("--json") { Description = "Print the result as JSON on standard output" };
        var connection = new ConnectionOptions();
        var command = new Command(name, description);
        foreach (var argument in arguments)
        {
            command.Add(argument);
        }

        foreach (var option in options.Append(json))
        {
            command.Add(option);
        }

        connection.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            using var client = new OperatorClient(Connection.Find(connection, parsed));
            await run(client, Terminal.Open(parsed.GetValue(json)), parsed, cancellationToken);
            return ExitCode.Done;
        }));
        return command;
    }
}
