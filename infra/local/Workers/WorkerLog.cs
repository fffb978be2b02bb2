using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using SlmOps.Local.Workers.Protocol;

namespace SlmOps.Local.Workers;

/// <summary>
/// What a worker says, in the host's log. Over the stream a record arrives as a finished text, without its values; an app
/// that also writes its records to the console as JSON keeps them, and then the console is what counts.
/// </summary>
/// <param name="loggers">Where it goes.</param>
/// <param name="console">True when the app was told to write JSON records to the console.</param>
internal sealed class WorkerLog(ILoggerFactory loggers, bool console)
{
    private const string ConsoleCategory = "Worker.Console";
    private const int LongestLine = 64 * 1024;

    /// <summary>A record of the stream.</summary>
    public void Write(RpcLog record)
    {
        var level = (LogLevel)record.Level;
        if (record.LogCategory == RpcLog.Types.Category.CustomMetric
            || (record.LogCategory == RpcLog.Types.Category.User && console)
            || (record.LogCategory == RpcLog.Types.Category.System && level < LogLevel.Warning))
        {
            return;
        }

        List<KeyValuePair<string, object?>> values = [];
        if (record.InvocationId.Length > 0)
        {
            values.Add(new("InvocationId", record.InvocationId));
        }

        if (record.Exception is { } exception)
        {
            values.Add(new("exception", $"{exception.Type}: {exception.Message}{Environment.NewLine}{exception.StackTrace}"));
        }

        _ = int.TryParse(record.EventId, NumberStyles.None, CultureInfo.InvariantCulture, out var id);
        Log(record.Category.Length > 0 ? record.Category : ConsoleCategory, level, new EventId(id, record.EventId), record.Message, values);
    }

    /// <summary>A line of the worker's console.</summary>
    public void WriteLine(string line, bool error)
    {
        var text = line.Length > LongestLine ? line[..LongestLine] : line;
        if (!console || error || !text.StartsWith('{') || !TryWriteRecord(text))
        {
            Log(ConsoleCategory, error ? LogLevel.Warning : LogLevel.Information, default, text, []);
        }
    }

    // {"EventId":102,"LogLevel":"Information","Category":"…","Message":"…","State":{"Model":"m",…},"Scopes":[{"TraceId":"…"},…]}
    private bool TryWriteRecord(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 16 });
            var root = document.RootElement;
            List<KeyValuePair<string, object?>> values = [];
            if (root.TryGetProperty("State", out var state))
            {
                Add(values, state);
            }

            if (root.TryGetProperty("Scopes", out var scopes) && scopes.ValueKind == JsonValueKind.Array)
            {
                foreach (var scope in scopes.EnumerateArray())
                {
                    Add(values, scope);
                }
            }

            if (root.TryGetProperty("Exception", out var exception))
            {
                values.Add(new("exception", exception.GetString()));
            }

            var level = Enum.Parse<LogLevel>(root.GetProperty("LogLevel").GetString()!);
            Log(
                root.GetProperty("Category").GetString()!,
                level,
                root.GetProperty("EventId").GetInt32(),
                root.GetProperty("Message").GetString() ?? "",
                values);
            return true;
        }
        catch (Exception e)
            when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException or FormatException)
        {
            return false;
        }
    }

    private static void Add(List<KeyValuePair<string, object?>> values, JsonElement group)
    {
        foreach (var item in group.ValueKind == JsonValueKind.Object ? group.EnumerateObject() : default)
        {
            if (item.Name is "Message" or "{OriginalFormat}")
            {
                continue;
            }

            values.Add(new(Key(item.Name), item.Value.ValueKind switch
            {
                JsonValueKind.String => item.Value.GetString(),
                JsonValueKind.Number => item.Value.TryGetInt64(out var whole) ? whole : item.Value.GetDouble(),
                JsonValueKind.True or JsonValueKind.False => item.Value.GetBoolean(),
                JsonValueKind.Null => null,
                _ => item.Value.GetRawText(),
            }));
        }
    }

    /// <summary>The worker's names for what the host calls otherwise.</summary>
    private static string Key(string name) => name switch
    {
        "AzureFunctions_FunctionName" => "Function",
        "AzureFunctions_InvocationId" => "InvocationId",
        _ => name,
    };

    private void Log(string category, LogLevel level, EventId id, string message, List<KeyValuePair<string, object?>> values) =>
        loggers.CreateLogger(category).Log(level, id, values, null, (_, _) => message);
}
