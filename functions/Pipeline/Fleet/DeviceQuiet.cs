namespace SlmOps.Pipeline.Fleet;

/// <summary>
/// The longest time that a device said nothing and then came back: a notebook that sleeps every night is not dead of a release
/// because it sleeps in its soak.
/// </summary>
/// <param name="Longest">That time, absences of the service taken off.</param>
/// <param name="At">When it came back.</param>
internal sealed record DeviceQuiet(TimeSpan Longest, DateTimeOffset At)
{
    /// <summary>A device that speaks is heard of every five minutes; what is not longer than two of these is no silence.</summary>
    internal static readonly TimeSpan Least = TimeSpan.FromMinutes(10);

    private const int Times = 3;
    private static readonly TimeSpan MostPatience = TimeSpan.FromDays(1);
    private static readonly TimeSpan Memory = TimeSpan.FromDays(14);

    /// <summary>What is known after one more silence.</summary>
    internal static DeviceQuiet? After(DeviceQuiet? known, TimeSpan quiet, DateTimeOffset now) =>
        quiet > Least && (known is null || quiet >= known.Longest || now - known.At > Memory) ? new(quiet, now) : known;

    /// <summary>How long such a device may say nothing before that means something: three times the longest of two weeks, a day at most.</summary>
    internal static TimeSpan PatienceFor(DeviceQuiet? known, DateTimeOffset now)
    {
        if (known is null || now - known.At > Memory)
        {
            return TimeSpan.Zero;
        }

        var patience = known.Longest * Times;
        return patience < MostPatience ? patience : MostPatience;
    }
}
