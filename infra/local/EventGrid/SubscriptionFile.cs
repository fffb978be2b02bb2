using System.Text.Json;

namespace SlmOps.Local.EventGrid;

/// <summary>The file of subscriptions: a JSON array with one line a subscriber; comments are allowed.</summary>
internal static class SubscriptionFile
{
    private const int MaxBytes = 1024 * 1024;

    /// <summary>Reads the file; a file that is not there holds no subscription.</summary>
    /// <exception cref="LocalPlatformException">With everything that is wrong in the file.</exception>
    public static async Task<IReadOnlyList<EventSubscription>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        if (new FileInfo(path).Length > MaxBytes)
        {
            throw new LocalPlatformException($"{path} is larger than {MaxBytes} bytes; it cannot be a list of subscriptions.");
        }

        SubscriptionLine?[] lines;
        try
        {
            lines = JsonSerializer.Deserialize<SubscriptionLine?[]>(
                await File.ReadAllTextAsync(path, cancellationToken), SubscriptionLine.Json) ?? [];
        }
        catch (JsonException e)
        {
            throw new LocalPlatformException(
                $"{path} is not a list of subscriptions: {e.Message} Write one object a subscriber in a JSON array.", e);
        }

        var read = lines.Select(line => line?.Check() ?? (null, ["must be an object"])).ToArray();
        var faults = read.SelectMany((item, index) => item.Faults.Select(fault => $"subscriber {index + 1}: {fault}")).ToArray();
        return faults.Length == 0
            ? [.. read.Select(item => item.Subscription!)]
            : throw new LocalPlatformException($"{path}: {string.Join("; ", faults)}.");
    }

    /// <summary>Writes the subscriptions so that a crash leaves the old file or the new one.</summary>
    public static async Task WriteAsync(
        string path, IEnumerable<EventSubscription> subscriptions, CancellationToken cancellationToken)
    {
        var temporary = path + ".new";
        await File.WriteAllTextAsync(
            temporary,
            "[\n"
                + string.Join(",\n", subscriptions.Select(s => JsonSerializer.Serialize(SubscriptionLine.From(s), SubscriptionLine.Json)))
                + "\n]\n",
            cancellationToken);
        File.Move(temporary, path, overwrite: true);
    }
}
