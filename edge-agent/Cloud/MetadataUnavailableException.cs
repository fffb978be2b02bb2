namespace SlmOps.EdgeAgent.Cloud;

/// <summary>The service answered a request for metadata with something else; it may be back later.</summary>
internal sealed class MetadataUnavailableException(string message, TimeSpan? retryAfter) : Exception(message)
{
    internal TimeSpan? RetryAfter { get; } = retryAfter;
}
