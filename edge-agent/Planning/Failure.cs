using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.Planning;

/// <summary>Why a step did not work. An expected outcome, so a value.</summary>
/// <param name="Kind">What follows from it.</param>
/// <param name="Code">Machine-readable, in kebab case.</param>
/// <param name="Reason">One sentence that names the thing.</param>
/// <param name="RetryAfter">What the service asked for.</param>
internal sealed record Failure(FailureKind Kind, string Code, string Reason, TimeSpan? RetryAfter = null)
{
    /// <summary>
    /// The failure once it is known at which try it happened: a test that was killed the third time in a row, while a tiny
    /// model ran well each time, is the model's doing.
    /// </summary>
    internal Failure AfterTry(int attempt) => Code == ReasonCodes.SmokeInterrupted && attempt >= Backoff.MaxAttempts
        ? this with { Kind = FailureKind.Condemning, Code = ReasonCodes.SmokeCrashed }
        : this;
}
