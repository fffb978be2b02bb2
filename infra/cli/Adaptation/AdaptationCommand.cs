using System.CommandLine;
using SlmOps.Contracts;
using SlmOps.Contracts.Operator;
using Spectre.Console;

namespace SlmOps.Cli.Adaptation;

/// <summary><c>slmops adaptation list|withdraw</c>: the adaptations that channels offer.</summary>
internal static class AdaptationCommand
{
    internal static Command Build() =>
        new("adaptation", "List the adaptations that channels offer, or withdraw one.") { List(), Withdraw() };

    private static Command List()
    {
        var channel = new Option<string?>("--channel") { Description = "Only this channel", HelpName = "NAME" };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON on standard output" };
        var connection = new ConnectionOptions();
        var command = new Command("list", "List adaptations in the order in which devices try them") { channel, json };
        connection.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            using var client = new OperatorClient(Connection.Find(connection, parsed));
            var channels = await client.ChannelsAsync(cancellationToken);
            List<ChannelStatus> wanted =
            [
                .. channels.Where(one => parsed.GetValue(channel) is not { } name || one.Channel == name)
                    .Where(one => one.Adaptations.Count > 0).OrderBy(one => one.Channel),
            ];
            Show(terminal, wanted);
            terminal.Result(wanted.Select(one => new { one.Channel, one.Adaptations }));
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Withdraw()
    {
        var channel = new Argument<string>("channel")
        {
            Description = "Channel (the adapted model's name unless slmops.json says otherwise)",
        };
        var name = new Argument<string>("name") { Description = "Name of the adaptation" };
        var version = new Option<string?>("--version")
        {
            Description = "Only this version; all of them unless given",
            HelpName = "VERSION",
        };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON on standard output" };
        var connection = new ConnectionOptions();
        var command = new Command("withdraw", "Take an adaptation out of a channel; its devices go on with what else matches them")
        {
            channel,
            name,
            version,
            json,
        };
        connection.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            using var client = new OperatorClient(Connection.Find(connection, parsed));
            var result = await client.WithdrawAdaptationAsync(
                CliName.Read<ChannelName>(parsed.GetValue(channel)!),
                CliName.Read<ModelName>(parsed.GetValue(name)!),
                parsed.GetValue(version) is { } only ? CliName.Read<ModelVersion>(only) : default(ModelVersion?),
                cancellationToken);
            terminal.Say(result.Message);
            terminal.Result(result);
            return ExitCode.Done;
        }));
        return command;
    }

    private static void Show(Terminal terminal, List<ChannelStatus> channels)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (var column in (string[])["channel", "adaptation", "version", "for devices with", "local layer", "compositions"])
        {
            table.AddColumn(column);
        }

        foreach (var (channel, overlay) in channels.SelectMany(one => one.Adaptations.Select(overlay => (one.Channel, overlay))))
        {
            table.AddRow(
                Markup.Escape(channel), Markup.Escape(overlay.Name), Markup.Escape(overlay.Version), Markup.Escape(Labels(overlay)),
                overlay.LocalLayer ? "yes" : "no", string.Join(", ", overlay.Compositions.Select(one => one.Composition.Hex[..12])));
        }

        terminal.Screen.Write(table);
    }

    private static string Labels(ChannelOverlay overlay) =>
        overlay.Selector.Count == 0
            ? "any labels"
            : string.Join(
                ", ",
                overlay.Selector.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));
}
