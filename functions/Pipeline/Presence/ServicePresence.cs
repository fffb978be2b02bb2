namespace SlmOps.Pipeline.Presence;

/// <summary>
/// When the service was there to listen. What it missed while it was stopped, suspended or late is nobody's silence, so such a
/// time is taken off every clock.
/// </summary>
/// <param name="LastTick">When its timer ran last.</param>
/// <param name="Absences">Times at which it did not listen, oldest first, at most <see cref="MaxAbsences"/>.</param>
internal sealed record ServicePresence(DateTimeOffset LastTick, IReadOnlyList<Absence> Absences)
{
    internal const string Partition = "~service";
    internal const string Row = "presence";
    internal const int MaxAbsences = 64;

    /// <summary>A timer that is late by less is late, not away.</summary>
    private const int MissedTicks = 4;

    /// <summary>After an absence devices get one look at the channel, and the reports that waited come in, before clocks go on.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(45);

    internal static readonly ServicePresence Never = new(DateTimeOffset.MinValue, []);

    private static readonly TimeSpan LeastGap = TimeSpan.FromSeconds(10);

    /// <summary>The presence after the timer ran.</summary>
    /// <param name="now">The time.</param>
    /// <param name="interval">How often the timer runs.</param>
    internal ServicePresence Tick(DateTimeOffset now, TimeSpan interval) => new(now, [.. Until(now, interval).TakeLast(MaxAbsences)]);

    /// <summary>Time that passed for devices that are waited for.</summary>
    internal TimeSpan Elapsed(DateTimeOffset since, DateTimeOffset now, TimeSpan interval)
    {
        // Absences may touch each other, by their graces; a moment is taken off once.
        var (missed, covered) = (TimeSpan.Zero, since);
        foreach (var absence in Until(now, interval))
        {
            var from = absence.From > covered ? absence.From : covered;
            var to = absence.To < now ? absence.To : now;
            if (to > from)
            {
                (missed, covered) = (missed + (to - from), to);
            }
        }

        return now - since - missed;
    }

    /// <summary>The absences, with the one that nobody wrote down yet: a report may be read before the timer runs.</summary>
    private IEnumerable<Absence> Until(DateTimeOffset now, TimeSpan interval)
    {
        var gap = now - LastTick;
        var late = interval * MissedTicks > LeastGap ? interval * MissedTicks : LeastGap;
        return LastTick != DateTimeOffset.MinValue && gap > late ? Absences.Append(new(LastTick, now + Grace)) : Absences;
    }
}

/// <summary>A time at which the service did not listen, with the grace after it.</summary>
internal sealed record Absence(DateTimeOffset From, DateTimeOffset To);
