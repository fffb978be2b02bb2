namespace SlmOps.EdgeAgent.Cloud;

/// <summary>What came of asking for the channel document.</summary>
internal abstract record ChannelFetch
{
    private ChannelFetch()
    {
    }

    internal sealed record Fetched(byte[] Envelope, string? ETag) : ChannelFetch;

    internal sealed record NotModified : ChannelFetch;

    /// <summary>The channel has nothing yet.</summary>
    internal sealed record Absent : ChannelFetch;

    internal sealed record Failed(string Reason, TimeSpan? RetryAfter) : ChannelFetch;
}
