namespace SlmOps.EdgeAgent.Cloud;

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
