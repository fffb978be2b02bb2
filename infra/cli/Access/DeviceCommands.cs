using System.CommandLine;
using SlmOps.Cli.Watch;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using Spectre.Console;

namespace SlmOps.Cli.Access;

/// <summary><c>slmops device list|why|remove|token|tokens|revoke-token|revoke</c>: who is in the fleet.</summary>
internal static class DeviceCommands
{
    internal static Command Build() => new("device", "Let devices into the fleet, and refuse them.")
    {
        List(),
        DeviceWhyCommand.Build(),
        Remove(),
        Token(),
        Tokens(),
        RevokeToken(),
        Revoke(),
    };

    private static Command List()
    {
        var channel = Channel();
        return ClientCommand.Build(
            "list", "List the devices of a channel: where each stands, and why.", [channel], [],
            async (client, terminal, parsed, cancellationToken) =>
            {
                var devices = await client.DevicesAsync(CliName.Read<ChannelName>(parsed.GetValue(channel)!), cancellationToken);
                var table = new Table().RoundedBorder().AddColumns("device", "state", "ring", "variant", "heard of", "says");
                foreach (var device in devices.OrderBy(device => device.Id.ToString(), StringComparer.Ordinal))
                {
                    table.AddRow(
                        device.Id.ToString(), StatusChanges.Name(device.State), device.Ring ?? "", device.Variant ?? "",
                        $"{device.LastSeen:u}", Markup.Escape(Says(device)));
                }

                terminal.Screen.Write(table);
                terminal.Result(devices);
            });
    }

    private static string Says(DeviceStatus device)
    {
        List<string?> says =
        [
            device.Conflict ? "two agents report under this id" : null,
            device.Hold is { } hold ? $"{hold.Code}: {hold.Reason}" : device.Reason,
            Math.Abs(device.ClockAheadSeconds) > 60
                ? $"its clock is {Math.Abs(device.ClockAheadSeconds)} s {(device.ClockAheadSeconds > 0 ? "ahead" : "behind")}"
                : null,
        ];
        return string.Join("; ", says.OfType<string>());
    }

    private static Command Remove()
    {
        var channel = Channel();
        var id = new Argument<string>("id") { Description = "Id of the device" };
        return ClientCommand.Build(
            "remove", "Take a device that will not come back out of a channel; one that reports again is new.", [channel, id], [],
            async (client, terminal, parsed, cancellationToken) =>
            {
                var result = await client.RemoveDeviceAsync(
                    CliName.Read<ChannelName>(parsed.GetValue(channel)!), CliName.Read<DeviceId>(parsed.GetValue(id)!), cancellationToken);
                terminal.Say(result.Message);
                terminal.Result(result);
            });
    }

    private static Argument<string> Channel() =>
        new("channel") { Description = "Channel (the model's name unless slmops.json says otherwise)" };

    private static Command Token()
    {
        var uses = new Option<int?>("--uses") { Description = "How many devices may come in with it (default: 1)", HelpName = "N" };
        var hours = new Option<int?>("--hours") { Description = "Hours until it ends (default: 24)", HelpName = "HOURS" };
        var channel = new Option<string?>("--channel") { Description = "The only channel it is for", HelpName = "NAME" };
        var device = new Option<string?>("--device")
        {
            Description = "The only device it is for; that one may have another key than before, or have been revoked",
            HelpName = "ID",
        };
        return ClientCommand.Build(
            "token", "Make a token that devices enrol with; it is shown once, on standard output.", [], [uses, hours, channel, device],
            async (client, terminal, parsed, cancellationToken) =>
            {
                var made = await client.AddTokenAsync(
                    parsed.GetValue(uses), parsed.GetValue(hours), parsed.GetValue(channel), parsed.GetValue(device), cancellationToken);
                terminal.Secret(made.Token, made);
            });
    }

    private static Command Tokens() => ClientCommand.Build(
        "tokens", "List enrolment tokens, without the tokens themselves.", [], [],
        async (client, terminal, _, cancellationToken) =>
        {
            var tokens = await client.TokensAsync(cancellationToken);
            var table = new Table().RoundedBorder().AddColumns("id", "used", "channel", "device", "made", "ends", "revoked");
            foreach (var token in tokens)
            {
                table.AddRow(
                    token.Id, $"{token.Used} of {token.Uses}", token.Channel ?? "", token.Device ?? "", $"{token.CreatedAt:u}",
                    $"{token.ExpiresAt:u}", $"{token.RevokedAt:u}");
            }

            terminal.Screen.Write(table);
            terminal.Result(tokens);
        });

    private static Command RevokeToken()
    {
        var id = new Argument<string>("id") { Description = "Id of the token, as `slmops device tokens` shows it" };
        return ClientCommand.Build(
            "revoke-token", "Revoke an enrolment token; devices that came in with it stay.", [id], [],
            async (client, terminal, parsed, cancellationToken) =>
            {
                var result = await client.RevokeTokenAsync(parsed.GetValue(id)!, cancellationToken);
                terminal.Say(result.Message);
                terminal.Result(result);
            });
    }

    private static Command Revoke()
    {
        var id = new Argument<string>("id") { Description = "Id of the device" };
        return ClientCommand.Build(
            "revoke", "Refuse a device from now on; its ring waits for it no more.", [id], [],
            async (client, terminal, parsed, cancellationToken) =>
            {
                var result = await client.RevokeDeviceAsync(parsed.GetValue(id)!, cancellationToken);
                terminal.Say(result.Message);
                terminal.Result(result);
            });
    }
}
