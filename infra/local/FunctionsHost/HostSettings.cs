using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace SlmOps.Local.FunctionsHost;

/// <summary>What host.json and its overrides say, with the real host's defaults.</summary>
internal sealed record HostSettings
{
    /// <summary>Messages fetched at once, 1 to 32.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>More are fetched when at most this many run.</summary>
    public int NewBatchThreshold { get; init; } = 8 * Environment.ProcessorCount;

    /// <summary>Attempts before a message goes to the poison queue.</summary>
    public int MaxDequeueCount { get; init; } = 5;

    /// <summary>Delay after a failure.</summary>
    public TimeSpan VisibilityTimeout { get; init; }

    /// <summary>Longest pause between looks at an empty queue. The real host's default in development.</summary>
    public TimeSpan MaxPollingInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>True when message texts are Base64.</summary>
    public bool Base64 { get; init; } = true;

    /// <summary>First segments of every HTTP route.</summary>
    public string RoutePrefix { get; init; } = "api";

    /// <summary>Longest invocation; null for no limit.</summary>
    public TimeSpan? FunctionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Reads a host.json and the settings that override it.</summary>
    /// <param name="path">The file; null for defaults alone.</param>
    /// <param name="settings">Holds overrides such as <c>AzureFunctionsJobHost__extensions__queues__batchSize</c>.</param>
    /// <exception cref="LocalPlatformException">With everything that is wrong.</exception>
    public static HostSettings Read(string? path, Settings settings)
    {
        var builder = new ConfigurationBuilder();
        try
        {
            if (path is not null)
            {
                builder.AddJsonFile(Path.GetFullPath(path), optional: false);
            }

            builder.AddInMemoryCollection(settings.HostOverrides.AsEnumerable(makePathsRelative: true));
            return Bind(builder.Build(), path ?? "settings");
        }
        catch (Exception e) when (e is IOException or InvalidDataException or FormatException)
        {
            throw new LocalPlatformException($"{path} cannot be read as host.json: {(e.InnerException ?? e).Message}", e);
        }
    }

    private static HostSettings Bind(IConfiguration host, string file)
    {
        var faults = new List<string>();
        var queues = host.GetSection("extensions:queues");
        var batchSize = Number(queues, "batchSize", 16, 1, 32, faults);
        var settings = new HostSettings
        {
            BatchSize = batchSize,
            NewBatchThreshold = Number(queues, "newBatchThreshold", batchSize / 2 * Environment.ProcessorCount, 0, 1000, faults),
            MaxDequeueCount = Number(queues, "maxDequeueCount", 5, 1, 1000, faults),
            VisibilityTimeout = Duration(queues, "visibilityTimeout", TimeSpan.Zero, TimeSpan.Zero, faults),
            MaxPollingInterval = Duration(queues, "maxPollingInterval", TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100), faults),
            Base64 = Encoding(queues, faults),
            RoutePrefix = (host["extensions:http:routePrefix"] ?? "api").Trim('/'),
            FunctionTimeout = host["functionTimeout"] is "-1"
                ? null
                : Duration(host, "functionTimeout", TimeSpan.FromMinutes(30), TimeSpan.FromSeconds(1), faults),
        };
        return faults.Count == 0 ? settings : throw new LocalPlatformException($"{file}: {string.Join("; ", faults)}.");
    }

    private static int Number(IConfiguration section, string key, int otherwise, int low, int high, List<string> faults)
    {
        if (section[key] is not { } text)
        {
            return otherwise;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= low && number <= high)
        {
            return number;
        }

        faults.Add($"'{key}' is '{text}'; it must be a whole number from {low} to {high}");
        return otherwise;
    }

    private static TimeSpan Duration(IConfiguration section, string key, TimeSpan otherwise, TimeSpan low, List<string> faults)
    {
        if (section[key] is not { } text)
        {
            return otherwise;
        }

        if (TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var duration) && duration >= low)
        {
            return duration;
        }

        faults.Add($"'{key}' is '{text}'; it must be a time such as 00:00:30, from {low}");
        return otherwise;
    }

    private static bool Encoding(IConfigurationSection queues, List<string> faults)
    {
        switch (queues["messageEncoding"]?.ToLowerInvariant())
        {
            case null or "base64":
                return true;
            case "none":
                return false;
            case var other:
                faults.Add($"'messageEncoding' is '{other}'; it must be base64 or none");
                return true;
        }
    }
}
