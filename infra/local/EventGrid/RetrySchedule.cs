namespace SlmOps.Local.EventGrid;

/// <summary>What an attempt to deliver came to.</summary>
/// <param name="Kind">Success, or how it failed.</param>
/// <param name="Outcome">Name of the result, as dead letters show it: <c>Success</c>, <c>NotFound</c>, <c>TimedOut</c> …</param>
internal sealed record DeliveryOutcome(DeliveryKind Kind, string Outcome)
{
    public static DeliveryOutcome Success { get; } = new(DeliveryKind.Delivered, "Success");
}

/// <summary>Kinds of outcome.</summary>
internal enum DeliveryKind
{
    Delivered,
    Retriable,
    Final,
}

/// <summary>What happens next with a delivery.</summary>
internal abstract record NextStep
{
    /// <summary>Nothing more: it was delivered.</summary>
    internal sealed record Settled : NextStep;

    /// <summary>Another attempt at this time.</summary>
    internal sealed record RetryAt(DateTimeOffset Due) : NextStep;

    /// <summary>Given up, for this reason.</summary>
    internal sealed record DeadLetter(string Reason) : NextStep;
}

/// <summary>
/// Event Grid's retry schedule. A time scale above 1 compresses it: at 60, a minute takes a second.
/// </summary>
internal sealed class RetrySchedule(double timeScale, double jitterFraction)
{
    private static readonly TimeSpan[] Delays =
    [
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1), TimeSpan.FromHours(3),
        TimeSpan.FromHours(6), TimeSpan.FromHours(12),
    ];

    /// <summary>A real duration as it lasts here.</summary>
    public TimeSpan Scaled(TimeSpan real) => real / timeScale;

    /// <summary>True when an event taken at that time is too old to be tried again.</summary>
    public bool Expired(DateTimeOffset acceptedAt, RetryPolicy policy, DateTimeOffset now) =>
        now - acceptedAt >= Scaled(TimeSpan.FromMinutes(policy.EventTimeToLiveInMinutes));

    /// <summary>Decides after an attempt.</summary>
    /// <param name="outcome">What the attempt came to.</param>
    /// <param name="attempts">Attempts made so far, this one included.</param>
    /// <param name="policy">When to give up.</param>
    /// <param name="acceptedAt">When the event was taken.</param>
    /// <param name="now">Time of the decision.</param>
    /// <param name="random">In [0, 1); spreads retries.</param>
    public NextStep After(
        DeliveryOutcome outcome, int attempts, RetryPolicy policy, DateTimeOffset acceptedAt, DateTimeOffset now, double random)
    {
        if (outcome.Kind == DeliveryKind.Delivered)
        {
            return new NextStep.Settled();
        }

        if (outcome.Kind == DeliveryKind.Final)
        {
            return new NextStep.DeadLetter(outcome.Outcome);
        }

        if (attempts >= policy.MaxDeliveryAttempts)
        {
            return new NextStep.DeadLetter("MaxDeliveryAttemptsExceeded");
        }

        if (Expired(acceptedAt, policy, now))
        {
            return new NextStep.DeadLetter("TimeToLiveExceeded");
        }

        var delay = Delays[Math.Min(attempts, Delays.Length) - 1];
        return new NextStep.RetryAt(now + Scaled(delay * (1 + (jitterFraction * random))));
    }
}
