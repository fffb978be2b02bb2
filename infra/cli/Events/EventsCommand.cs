using System.CommandLine;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace SlmOps.Cli.Events;

/// <summary><c>slmops events</c>: every fact as it is published.</summary>
internal static class EventsCommand
{
    private const string Facts = "slmops.";

    internal static Command Build()
    {
        var type = new Option<string?>("--type")
        {
            Description = "Only this CloudEvents type, such as slmops.model.released.v1",
            HelpName = "TYPE",
        };
        var subject = new Option<string?>("--subject") { Description = "Only subjects that start with this", HelpName = "PREFIX" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on until Ctrl+C", DefaultValueFactory = _ => true };
        var all = new Option<bool>("--all") { Description = "Storage's own events too, not only the facts of SlmOps" };
        var json = new Option<bool>("--json") { Description = "One CloudEvent as JSON a line on standard output" };
        var connection = new ConnectionOptions();
        var command = new Command(
            "events",
            "Show the events of the local platform as they are published; --follow false ends after those there are. A subscriber of "
                + "your own is one line in events.json of the data folder."
        )
        {
            type, subject, follow, all, json,
        };
        connection.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(async () =>
        {
            var found = Connection.Find(connection, parsed);
            if (found.EventsUrl is null)
            {
                throw new CliException("Only the local platform keeps its events; in Azure, add an Event Grid subscription.");
            }

            var (ofType, about) = (Uri.EscapeDataString(parsed.GetValue(type) ?? ""), Uri.EscapeDataString(parsed.GetValue(subject) ?? ""));
            var query = $"type={ofType}&subject={about}";
            var everything = parsed.GetValue(all) || parsed.GetValue(type) is not null;
            var wait = parsed.GetValue(follow) ? 30 : 0;
            using var http = new HttpClient { BaseAddress = found.EventsUrl, Timeout = TimeSpan.FromSeconds(60) };
            http.DefaultRequestHeaders.Add("aeg-sas-key", found.EventsKey);
            for (long after = 0; ;)
            {
                var (events, next) = await PageAsync(http, $"__events?after={after}&wait={wait}&{query}", cancellationToken);
                foreach (var cloudEvent in events)
                {
                    if (everything || Text(cloudEvent, "type").StartsWith(Facts, StringComparison.Ordinal))
                    {
                        Print(cloudEvent, parsed.GetValue(json));
                    }
                }

                after = next;
                if (!parsed.GetValue(follow))
                {
                    return ExitCode.Done;
                }
            }
        }));
        return command;
    }

    private static async Task<(IReadOnlyList<JsonElement> Events, long Next)> PageAsync(
        HttpClient http, string query, CancellationToken cancellationToken)
    {
        try
        {
            var page = await http.GetFromJsonAsync<JsonElement>(query, cancellationToken);
            return (
                [.. page.GetProperty("events").EnumerateArray().Select(logged => logged.GetProperty("event"))],
                page.GetProperty("next").GetInt64());
        }
        catch (Exception unread) when (unread is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CliException(
                $"{http.BaseAddress} did not answer as the local platform does; start `slmops up` again. {unread.Message}");
        }
    }

    private static void Print(JsonElement cloudEvent, bool json)
    {
        if (json)
        {
            Console.WriteLine(cloudEvent.GetRawText());
            return;
        }

        var time = cloudEvent.TryGetProperty("time", out var at) && at.TryGetDateTimeOffset(out var when)
            ? when.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)
            : "";
        var data = cloudEvent.TryGetProperty("data", out var body) ? body.GetRawText() : "";
        Console.WriteLine($"{time}  {Text(cloudEvent, "type"),-34} {Text(cloudEvent, "subject")}  {data}");
    }

    private static string Text(JsonElement cloudEvent, string name) =>
        cloudEvent.TryGetProperty(name, out var value) ? value.ToString() : "";
}
