namespace SlmOps.EdgeAgent.Cloud;

/// <summary>What came of sending a batch of reports.</summary>
internal abstract record SendOutcome
{
    private SendOutcome()
    {
    }

    /// <param name="AcceptedSeq">Everything up to this number is with the service.</param>
    /// <param name="HighestSeq">The highest number it knows of this device, or 0 from one that does not say.</param>
    internal sealed record Accepted(long AcceptedSeq, long HighestSeq) : SendOutcome;

    /// <summary>The service will never take this batch as it is.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Field">The field at fault, such as <c>reports[0].seq</c>, or null.</param>
    internal sealed record Refused(string Reason, string? Field = null) : SendOutcome;

    internal sealed record Failed(string Reason, TimeSpan? RetryAfter) : SendOutcome;
}
