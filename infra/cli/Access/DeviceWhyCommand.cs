using System.CommandLine;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using Spectre.Console;

namespace SlmOps.Cli.Access;

/// <summary><c>slmops device why</c>.</summary>
internal static class DeviceWhyCommand
{
    internal static Command Build()
    {
        var id = new Argument<string>("id") { Description = "Id of the device" };
        var channel = new Option<string?>("--channel")
        {
            Description = "Channel that it follows (default: every channel is looked through)",
            HelpName = "NAME",
        };
        return ClientCommand.Build(
            "why", "Tell why a device runs what it runs: its class, what is offered to it, what speaks for and against each variant.",
            [id], [channel],
            async (client, terminal, parsed, cancellationToken) =>
            {
                var (device, follows) = await FindAsync(
                    client,
                    CliName.Read<DeviceId>(parsed.GetValue(id)!),
                    parsed.GetValue(channel) is { } name ? CliName.Read<ChannelName>(name) : default(ChannelName?),
                    cancellationToken);
                var release = device is { Model: { } model, Version: { } version }
                    ? await client.ModelAsync(model, version, cancellationToken)
                    : null;
                var why = DeviceWhy.Of(device, follows, release);
                Show(terminal, why);
                terminal.Result(why);
            });
    }

    private static async Task<(DeviceStatus Device, ChannelStatus Channel)> FindAsync(
        OperatorClient client, DeviceId id, ChannelName? only, CancellationToken cancellationToken)
    {
        var channels = (await client.ChannelsAsync(cancellationToken))
            .Where(one => only is not { } name || one.Channel.Equals(name)).ToList();
        foreach (var channel in channels)
        {
            var fleet = await client.DevicesAsync(channel.Channel, cancellationToken);
            if (fleet.FirstOrDefault(device => device.Id == id) is { } found)
            {
                return (found, channel);
            }
        }

        throw new CliException(
            $"No device '{id}' has reported in {(only is { } wanted ? $"the channel '{wanted}'" : $"any of {channels.Count} channels")}; "
            + "`slmops device list CHANNEL` shows who did.");
    }

    private static void Show(Terminal terminal, DeviceWhy why)
    {
        terminal.Say($"{why.Device.Id}, channel {why.Channel.Channel}");
        foreach (var line in why.Lines)
        {
            terminal.Say($"  {line}");
        }

        if (why.Variants.Count == 0)
        {
            return;
        }

        var table = new Table().RoundedBorder().AddColumns("variant", "lab", "for or against");
        foreach (var variant in why.Variants)
        {
            table.AddRow(Markup.Escape(variant.Name), Markup.Escape(variant.Lab), Markup.Escape(variant.Reason));
        }

        terminal.Screen.Write(table);
    }
}
