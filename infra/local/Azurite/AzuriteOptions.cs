namespace SlmOps.Local.Azurite;

/// <summary>How to start Azurite.</summary>
/// <param name="RepoRoot">Folder from which <c>node_modules/azurite</c> is looked for, upwards.</param>
/// <param name="DataFolder">Azurite keeps its files in <c>azurite</c> below it.</param>
internal sealed record AzuriteOptions(string RepoRoot, string DataFolder)
{
    /// <summary>Wanted port of the blob service; 0, or a port that is taken, becomes any free one.</summary>
    public int BlobPort { get; init; }

    /// <summary>Wanted port of the queue service.</summary>
    public int QueuePort { get; init; }

    /// <summary>Wanted port of the table service.</summary>
    public int TablePort { get; init; }

    /// <summary>Key of the storage account; the well-known one unless given.</summary>
    public string Key { get; init; } = AzuriteEndpoints.WellKnownKey;

    /// <summary>Longest time until all three services must answer.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(90);
}
