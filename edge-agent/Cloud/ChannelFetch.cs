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

/// <summary>What came of sending a batch of reports.</summary>
internal abstract record SendOutcome
{
    private SendOutcome()
    {
    }

    internal sealed record Accepted(long AcceptedSeq) : SendOutcome;

    /// <summary>The service will never take this batch as it is.</summary>
    internal sealed record Refused(string Reason) : SendOutcome;

    internal sealed record Failed(string Reason, TimeSpan? RetryAfter) : SendOutcome;
}
