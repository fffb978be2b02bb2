using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using SlmOps.Cli.Lab;
using SlmOps.Local;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Cli.Up;

/// <summary>The local platform with the pipeline in it.</summary>
internal static class PlatformStart
{
    internal static LocalPlatformOptions Options(string dataFolder, Action<ILoggingBuilder>? logging = null) =>
        new(Installation.NodeFolder(), Installation.AppFolder(), Settings)
        {
            DataFolder = dataFolder,
            ConfigureLogging = logging,
            ConsoleRecords = true,
        };

    /// <summary>The app's settings on one machine. What is set in the environment goes first.</summary>
    internal static IReadOnlyDictionary<string, string> Settings(LocalEndpoints endpoints)
    {
        using var release = LocalSigningKey.LoadOrCreate(KeyPath(endpoints, "release"));
        using var director = LocalSigningKey.LoadOrCreate(KeyPath(endpoints, "director"));
        Root(endpoints, release);
        return new Dictionary<string, string>
        {
            ["SlmOpsStorage"] = endpoints.StorageConnectionString,
            ["SlmOpsEvents__topicEndpoint"] = endpoints.EventGridTopicEndpoint.ToString(),
            ["SlmOpsEvents__topicKey"] = endpoints.EventGridKey,
            ["SlmOpsTick"] = "*/2 * * * * *",
            ["SlmOps__TickSeconds"] = "2",
            ["SlmOps__WorkFolder"] = WorkFolder(endpoints),
            ["SlmOps__ReleaseKey"] = KeyPath(endpoints, "release"),
            ["SlmOps__DirectorKey"] = KeyPath(endpoints, "director"),
            ["SlmOps__OnlineKey"] = KeyPath(endpoints, "online"),
            ["SlmOps__RootFolder"] = LocalRoot.FolderOf(endpoints.DataFolder),
            ["SlmOps__CreateStorage"] = "true",
            ["SlmOps__FleetKey"] = KeyPath(endpoints, "fleet"),
            ["SlmOps__GroupTokenSha256"] = HashOf(endpoints.EnrolmentToken),
            ["SlmOps__AdminKeySha256"] = HashOf(endpoints.OperatorKey),
            // Log records with their values and scopes, which the protocol between worker and host leaves out.
            ["SlmOpsConsole"] = "json",
            ["Logging__LogLevel__Default"] = "Information",
            ["Logging__LogLevel__Azure"] = "Warning",
            ["Logging__LogLevel__Microsoft"] = "Warning",
            ["Logging__LogLevel__Microsoft.AspNetCore.DataProtection"] = "Error",
            ["Logging__LogLevel__System"] = "Warning",
        }
        .Concat(LabAgents.Settings())
        .Where(setting => Environment.GetEnvironmentVariable(setting.Key) is null)
        .ToDictionary();
    }

    /// <summary>What other commands need to reach it; the file lies in the data folder while the platform runs.</summary>
    internal static Connection Announce(LocalPlatform platform)
    {
        var endpoints = platform.Endpoints;
        var trust = Path.Combine(endpoints.DataFolder, "trust.json");
        using var release = LocalSigningKey.LoadOrCreate(KeyPath(endpoints, "release"));
        using var director = LocalSigningKey.LoadOrCreate(KeyPath(endpoints, "director"));
        new TrustRoots(release.PublicKey, director.PublicKey, Root(endpoints, release)).Save(trust);
        var connection = new Connection(
            endpoints.FunctionsUrl, endpoints.OperatorKey, endpoints.StorageConnectionString, endpoints.FrontUrl, trust)
        {
            EnrolmentToken = endpoints.EnrolmentToken,
            EventsKey = endpoints.EventGridKey,
        };
        connection.Save(endpoints.DataFolder);
        return connection;
    }

    internal static void Withdraw(string dataFolder) => File.Delete(Path.Combine(dataFolder, Connection.FileName));

    /// <summary>A new one for each host; what hosts that were killed left in theirs goes.</summary>
    private static string WorkFolder(LocalEndpoints endpoints)
    {
        var all = PrivateFile.Folder(Path.Combine(endpoints.DataFolder, "work"));
        foreach (var old in Directory.GetDirectories(all))
        {
            try
            {
                Directory.Delete(old, recursive: true);
            }
            catch (IOException)
            {
                // Its worker is just ending; the next start takes it away.
            }
        }

        return Directory.CreateDirectory(Path.Combine(all, Guid.NewGuid().ToString("N")[..8])).FullName;
    }

    private static byte[] Root(LocalEndpoints endpoints, LocalSigningKey release)
    {
        using var online = LocalSigningKey.LoadOrCreate(KeyPath(endpoints, "online"));
        return LocalRoot.Ensure(endpoints.DataFolder, release.PublicKey, online.PublicKey, TimeProvider.System.GetUtcNow());
    }

    /// <summary>The app learns who may come in, and cannot do so itself.</summary>
    private static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    private static string KeyPath(LocalEndpoints endpoints, string name) =>
        Path.Combine(PrivateFile.Folder(Path.Combine(endpoints.DataFolder, "keys")), $"{name}.pem");
}
