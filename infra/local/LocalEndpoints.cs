namespace SlmOps.Local;

/// <summary>Where a running local platform is reached, and the keys for it.</summary>
public sealed record LocalEndpoints
{
    /// <summary>Blobs through the proxy that raises events; queues and tables at Azurite.</summary>
    public required string StorageConnectionString { get; init; }

    /// <summary>Endpoint of the topic <c>slmops</c> for a publisher client.</summary>
    public required Uri EventGridTopicEndpoint { get; init; }

    /// <summary>Key of the topic.</summary>
    public required string EventGridKey { get; init; }

    /// <summary>The functions host.</summary>
    public required Uri FunctionsUrl { get; init; }

    /// <summary>Opens HTTP functions of level Function.</summary>
    public required string FunctionsKey { get; init; }

    /// <summary>An admin's key of the pipeline.</summary>
    public required string OperatorKey { get; init; }

    /// <summary>With it agents enrol.</summary>
    public required string EnrolmentToken { get; init; }

    /// <summary>Health, metrics, flush and the event log.</summary>
    public required Uri FrontUrl { get; init; }

    /// <summary>Folder of all data.</summary>
    public required string DataFolder { get; init; }
}
