using System.CommandLine;
using Spectre.Console;

namespace SlmOps.Cli.Access;

/// <summary><c>slmops key add|list|revoke|first</c>: who may command the system.</summary>
internal static class KeyCommands
{
    internal static Command Build() => new(
        "key", "Make, list and revoke the keys of operators; each command that changes something is audited by their names.")
    {
        Add(),
        List(),
        Revoke(),
        First(),
    };

    private static Command Add()
    {
        var name = new Argument<string>("name") { Description = "Whose key it is; the audit log names it" };
        var role = new Option<string>("--role")
        {
            Description = "read looks, operate moves rollouts and admits devices, admin deletes and gives keys",
            HelpName = "ROLE",
            DefaultValueFactory = _ => "read",
        };
        role.AcceptOnlyFromAmong("read", "operate", "admin");
        var days = new Option<int?>("--days") { Description = "Days until it ends by itself", HelpName = "DAYS" };
        return ClientCommand.Build(
            "add", "Make a key; it is shown once, on standard output.", [name], [role, days],
            async (client, terminal, parsed, cancellationToken) =>
            {
                var made = await client.AddKeyAsync(
                    parsed.GetValue(name)!, parsed.GetValue(role)!, parsed.GetValue(days), cancellationToken);
                terminal.Secret(made.Key, made);
            });
    }

    private static Command List() => ClientCommand.Build(
        "list", "List the keys, without the keys themselves.", [], [],
        async (client, terminal, _, cancellationToken) =>
        {
            var keys = await client.KeysAsync(cancellationToken);
            var table = new Table().RoundedBorder().AddColumns("id", "name", "role", "made", "ends", "revoked");
            foreach (var key in keys)
            {
                table.AddRow(
                    key.Id, Markup.Escape(key.Name), $"{key.Role}".ToLowerInvariant(), $"{key.CreatedAt:u}", $"{key.ExpiresAt:u}",
                    $"{key.RevokedAt:u}");
            }

            terminal.Screen.Write(table);
            terminal.Result(keys);
        });

    private static Command Revoke()
    {
        var id = new Argument<string>("id") { Description = "Id of the key, as `slmops key list` shows it" };
        return ClientCommand.Build(
            "revoke", "Revoke a key; it opens nothing from now on.", [id], [],
            async (client, terminal, parsed, cancellationToken) =>
            {
                var result = await client.RevokeKeyAsync(parsed.GetValue(id)!, cancellationToken);
                terminal.Say(result.Message);
                terminal.Result(result);
            });
    }

    private static Command First()
    {
        const string Variable = "SLMOPS_HOST_KEY";
        return ClientCommand.Build(
            "first",
            $"Make the first admin's key of a deployed system, with the functions app's own host key in {Variable}. "
            + "Refused once there is one.",
            [], [],
            async (client, terminal, _, cancellationToken) =>
            {
                var hostKey = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given
                    ? given
                    : throw new CliException($"Put the host key of the functions app into {Variable}.", ExitCode.Usage);
                var made = await client.FirstKeyAsync(hostKey, cancellationToken);
                terminal.Secret(made.Key, made);
            });
    }
}
