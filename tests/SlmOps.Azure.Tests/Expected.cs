namespace SlmOps.Azure.Tests;

/// <summary>The one list of what the pipeline and the infrastructure must agree on.</summary>
internal static class Expected
{
    internal static readonly IReadOnlyList<string> Containers =
        ["drop", "models", "artifacts", "packages", "channels", "deadletter", "deployments"];

    internal static readonly IReadOnlyList<string> StageQueues =
        ["model-uploads", "quantize", "validate", "lab", "package", "deltas", "release", "adapt", "rollout-starts", "rollouts"];

    internal static readonly IReadOnlyList<string> Tables =
        ["runs", "rollouts", "devices", "reports", "repository", "access", "audit", "replays"];

    internal static readonly IReadOnlyList<string> AppSettings =
    [
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "APPLICATIONINSIGHTS_CONNECTION_STRING", "AZURE_CLIENT_ID",
        "AzureWebJobs.Lab.Disabled", .. Connection("AzureWebJobsStorage"), .. Connection("SlmOpsStorage"),
        "SlmOpsEvents__topicEndpoint",
        "SlmOpsTick",
        "SlmOps__DirectorKey",
        "SlmOps__FleetKey",
        "SlmOps__MaxFileBytes",
        "SlmOps__MaxUploadBytes",
        "SlmOps__OnlineKey",
        "SlmOps__ReleaseKey",
        "SlmOps__Threads",
    ];

    /// <summary>Who may do what where: exactly these, written as "who: role @ place".</summary>
    internal static readonly IReadOnlyList<string> RoleAssignments =
    [
        $"app: {Roles.BlobDataOwner} @ {Storage}",
        $"app: {Roles.QueueDataContributor} @ {Storage}",
        $"app: {Roles.TableDataContributor} @ {Storage}",
        $"app: {Roles.EventGridDataSender} @ Microsoft.EventGrid/topics/evgt-slmops-*",
        $"app: {Roles.MonitoringMetricsPublisher} @ Microsoft.Insights/components/appi-*",
        $"app: {Roles.KeyVaultCryptoUser} @ Microsoft.KeyVault/vaults/kv-*/keys/release",
        $"app: {Roles.KeyVaultCryptoUser} @ Microsoft.KeyVault/vaults/kv-*/keys/director",
        $"app: {Roles.KeyVaultCryptoUser} @ Microsoft.KeyVault/vaults/kv-*/keys/online",
        $"app: {Roles.KeyVaultCryptoUser} @ Microsoft.KeyVault/vaults/kv-*/keys/fleet",
        $"lab: {Roles.AcrPull} @ Microsoft.ContainerRegistry/registries/cr*",
        $"lab: {Roles.BlobDataReader} @ {Storage}/blobServices/default/containers/artifacts",
        $"lab: {Roles.QueueDataContributor} @ {Storage}/queueServices/default/queues/lab",
        $"lab: {Roles.QueueDataMessageSender} @ {Storage}/queueServices/default/queues/lab-poison",
        $"lab: {Roles.QueueDataMessageSender} @ {Storage}/queueServices/default/queues/package",
        $"lab: {Roles.TableDataContributor} @ {Storage}/tableServices/default/tables/runs",
        $"system topic: {Roles.QueueDataMessageSender} @ {Storage}/queueServices/default/queues/model-uploads",
        $"system topic: {Roles.BlobDataContributor} @ {Storage}/blobServices/default/containers/deadletter",
        $"topic: {Roles.QueueDataMessageSender} @ {Storage}/queueServices/default/queues/rollout-starts",
        $"topic: {Roles.BlobDataContributor} @ {Storage}/blobServices/default/containers/deadletter",
        $"uploader: {Roles.BlobDataContributor} @ {Storage}/blobServices/default/containers/drop",
        $"uploader: {Roles.BlobDataContributor} @ {Storage}/blobServices/default/containers/models",
    ];

    private const string Storage = "Microsoft.Storage/storageAccounts/st*";

    private static IEnumerable<string> Connection(string prefix) =>
        new[] { "blobServiceUri", "clientId", "credential", "queueServiceUri", "tableServiceUri" }
            .Select(name => $"{prefix}__{name}");

    // Ids of built-in roles, the same in every tenant; kept apart from modules/roles.bicep so that a slip there shows.
    private static class Roles
    {
        internal const string AcrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
        internal const string BlobDataReader = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";
        internal const string BlobDataOwner = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";
        internal const string BlobDataContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
        internal const string QueueDataContributor = "974c5e8b-45b9-4653-ba55-5f855dd0fb88";
        internal const string QueueDataMessageSender = "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a";
        internal const string TableDataContributor = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3";
        internal const string EventGridDataSender = "d5a91429-5739-47e2-a06b-3470a27159e7";
        internal const string MonitoringMetricsPublisher = "3913510d-42f4-4e42-8a64-420c390055eb";
        internal const string KeyVaultCryptoUser = "12338af0-0e69-4776-bea7-57ae8d297424";
    }
}
