using System.CommandLine;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.Local;
using SlmOps.Packaging;
using SlmOps.Packaging.Storage;

namespace SlmOps.Cli;

/// <summary>
/// How to reach a running system: what <c>up</c> wrote into its data folder, or options and environment variables that
/// point anywhere else, Azure included.
/// </summary>
/// <param name="FunctionsUrl">Base URL of the functions app.</param>
/// <param name="OperatorKey">An operator's key of it.</param>
/// <param name="StorageConnectionString">Storage account to upload to.</param>
/// <param name="EventsUrl">The local Event Grid, or null in Azure.</param>
/// <param name="TrustFile">trust.json with the public keys that devices trust.</param>
internal sealed record Connection(
    Uri FunctionsUrl, string OperatorKey, string StorageConnectionString, Uri? EventsUrl, string TrustFile)
{
    /// <summary>With it agents of this machine enrol; empty for a system elsewhere.</summary>
    public string EnrolmentToken { get; init; } = "";

    internal const string FileName = "platform.json";
    private const int MaxBytes = 64 << 10;

    /// <summary>The key of its topics; null where there are none.</summary>
    public string? EventsKey { get; init; }

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    internal void Save(string dataFolder)
    {
        // It holds keys.
        PrivateFile.Write(Path.Combine(dataFolder, FileName), JsonSerializer.Serialize(this, Json));
    }

    /// <exception cref="CliException">Nothing runs there, or the file is not what <c>up</c> writes.</exception>
    internal static Connection Find(ConnectionOptions options, ParseResult parsed)
    {
        var url = parsed.GetValue(options.Url) ?? Variable("SLMOPS_URL");
        if (url is not null)
        {
            return Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
                ? new(
                    uri, parsed.GetValue(options.Key) ?? Variable("SLMOPS_KEY") ?? "",
                    parsed.GetValue(options.Storage) ?? Variable("SLMOPS_STORAGE") ?? "", null, Variable("SLMOPS_TRUST") ?? "trust.json")
                : throw new CliException($"'{url}' is not a URL.", ExitCode.Usage);
        }

        var folder = parsed.GetValue(options.Data)!;
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            throw new CliException($"Nothing runs in {folder}. Start it with `slmops up`, or name a system with --url and --key.");
        }

        try
        {
            if (JsonSerializer.Deserialize<Connection>(PlainFile.ReadAll(path, MaxBytes), Json) is
                {
                    FunctionsUrl.IsAbsoluteUri: true, OperatorKey: not null, EnrolmentToken: not null, StorageConnectionString: not null,
                    TrustFile: not null,
                } found)
            {
                return found;
            }
        }
        catch (Exception unread) when (unread is JsonException or PackageFormatException or InvalidDataException or IOException)
        {
            // Said below.
        }

        throw new CliException($"{path} is damaged; start `slmops up` again.");
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}

/// <summary>The options that commands share to find a system.</summary>
internal sealed class ConnectionOptions
{
    internal Option<string> Data { get; } = new("--data")
    {
        Description = "Data folder of the local platform",
        HelpName = "FOLDER",
        DefaultValueFactory = _ => DefaultData(),
    };

    internal Option<string?> Url { get; } = new("--url")
    {
        Description = "Functions app to talk to instead of the local platform (or SLMOPS_URL)",
        HelpName = "URL",
    };

    internal Option<string?> Key { get; } = new("--key")
    {
        Description = "Operator's key (or SLMOPS_KEY, which other users of this machine cannot see)",
        HelpName = "KEY",
    };

    internal Option<string?> Storage { get; } = new("--storage")
    {
        Description = "Connection string of its storage account (or SLMOPS_STORAGE)",
        HelpName = "TEXT",
    };

    internal void AddTo(Command command)
    {
        command.Options.Add(Data);
        command.Options.Add(Url);
        command.Options.Add(Key);
        command.Options.Add(Storage);
    }

    internal static string DefaultData() => Path.Combine(Installation.Root(), ".slmops");
}

/// <summary>A command cannot do what was asked; the message is for the user as it stands.</summary>
internal sealed class CliException(string message, int code = ExitCode.Failed) : Exception(message)
{
    internal int Code { get; } = code;
}
