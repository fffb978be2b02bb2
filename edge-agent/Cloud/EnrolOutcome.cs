using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Cloud;

/// <summary>What came of enrolling.</summary>
internal abstract record EnrolOutcome
{
    private EnrolOutcome()
    {
    }

    internal sealed record Enrolled(EnrolmentAnswer Answer) : EnrolOutcome;

    /// <param name="Reason">Why not.</param>
    /// <param name="IsRefusal">True when the service said no, and did not merely fail.</param>
    /// <param name="RetryAfter">How long it asked to be left alone.</param>
    internal sealed record Failed(string Reason, bool IsRefusal, TimeSpan? RetryAfter) : EnrolOutcome;
}
