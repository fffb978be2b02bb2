namespace SlmOps.EdgeAgent.Cloud;

/// <summary>What came of sending a batch of reports.</summary>
internal abstract record SendOutcome
{
    private SendOutcome()
    {
    }

    internal sealed record Accepted(long AcceptedSeq) : SendOutcome;

    /// <summary>The service will never take this batch as it is.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Field">The field at fault, such as <c>reports[0].seq</c>, or null.</param>
    internal sealed record Refused(string Reason, string? Field = null) : SendOutcome;

    internal sealed record Failed(string Reason, TimeSpan? RetryAfter) : SendOutcome;
}
