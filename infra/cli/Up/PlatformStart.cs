using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SlmOps.Local;
using SlmOps.Packaging;
using SlmOps.Pipeline;

namespace SlmOps.Cli.Up;

/// <summary>The local platform with the pipeline in it.</summary>
internal static class PlatformStart
{
    private static readonly Dictionary<string, string?> HostSettings = new() { ["SlmOpsTick"] = "*/2 * * * * *" };

    internal static LocalPlatformOptions Options(string dataFolder, Action<ILoggingBuilder>? logging = null) =>
        new(ConnectionOptions.Root(), (services, endpoints) => Register(services, endpoints))
        {
            DataFolder = dataFolder,
            Settings = HostSettings,
            ConfigureLogging = logging,
        };

    /// <summary>What other commands need to reach it; the file lies in the data folder while the platform runs.</summary>
    internal static Connection Announce(LocalPlatform platform)
    {
        var endpoints = platform.Endpoints;
        var trust = Path.Combine(endpoints.DataFolder, "trust.json");
        using var release = LocalSigningKey.LoadOrCreate(KeyPath(endpoints, "release"));
        using var director = LocalSigningKey.LoadOrCreate(KeyPath(endpoints, "director"));
        new TrustRoots(release.PublicKey, director.PublicKey, Root(endpoints, release)).Save(trust);
        var connection = new Connection(
            endpoints.FunctionsUrl, endpoints.FunctionsKey, endpoints.StorageConnectionString, endpoints.FrontUrl, trust);
        connection.Save(endpoints.DataFolder);
        return connection;
    }

    internal static void Withdraw(string dataFolder) => File.Delete(Path.Combine(dataFolder, Connection.FileName));

    private static void Register(IServiceCollection services, LocalEndpoints endpoints)
    {
        var work = Path.Combine(endpoints.DataFolder, "work");
        if (Directory.Exists(work))
        {
            // Left by a host that was killed; nothing else works in this folder now.
            Directory.Delete(work, recursive: true);
        }

        using var release = LocalSigningKey.LoadOrCreate(KeyPath(endpoints, "release"));
        Root(endpoints, release);
        services.AddPipeline(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["SlmOpsStorage"] = endpoints.StorageConnectionString,
            ["SlmOpsEvents:topicEndpoint"] = endpoints.EventGridTopicEndpoint.ToString(),
            ["SlmOpsEvents:topicKey"] = endpoints.EventGridKey,
            ["SlmOps:WorkFolder"] = work,
            ["SlmOps:ReleaseKey"] = KeyPath(endpoints, "release"),
            ["SlmOps:DirectorKey"] = KeyPath(endpoints, "director"),
            ["SlmOps:OnlineKey"] = KeyPath(endpoints, "online"),
            ["SlmOps:RootFolder"] = LocalRoot.FolderOf(endpoints.DataFolder),
            ["SlmOps:CreateStorage"] = "true",
        }).AddEnvironmentVariables().Build());
    }

    private static byte[] Root(LocalEndpoints endpoints, LocalSigningKey release)
    {
        using var online = LocalSigningKey.LoadOrCreate(KeyPath(endpoints, "online"));
        return LocalRoot.Ensure(endpoints.DataFolder, release.PublicKey, online.PublicKey, TimeProvider.System.GetUtcNow());
    }

    private static string KeyPath(LocalEndpoints endpoints, string name) =>
        Path.Combine(Directory.CreateDirectory(Path.Combine(endpoints.DataFolder, "keys")).FullName, $"{name}.pem");
}
