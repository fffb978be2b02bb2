using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using NCrontab;

namespace SlmOps.Local.FunctionsHost;

/// <summary>When a timer runs: six cron fields (seconds first, UTC), or an interval.</summary>
internal sealed class Schedule
{
    private readonly string _text;
    private readonly CrontabSchedule? _cron;
    private readonly TimeSpan _interval;

    private Schedule(string text, CrontabSchedule? cron, TimeSpan interval)
    {
        _text = text;
        _cron = cron;
        _interval = interval;
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out Schedule? schedule)
    {
        schedule = null;
        if (text.Contains(':', StringComparison.Ordinal))
        {
            if (TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var interval) && interval > TimeSpan.Zero)
            {
                schedule = new(text, null, interval);
            }

            return schedule is not null;
        }

        // Five fields are minutes first; the host takes both.
        var seconds = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6;
        var cron = CrontabSchedule.TryParse(text, new CrontabSchedule.ParseOptions { IncludingSeconds = seconds });
        schedule = cron is null ? null : new(text, cron, default);
        return schedule is not null;
    }

    /// <summary>The first run after a time.</summary>
    public DateTimeOffset Next(DateTimeOffset after) => _cron is null
        ? after + _interval
        : new DateTimeOffset(DateTime.SpecifyKind(_cron.GetNextOccurrence(after.UtcDateTime), DateTimeKind.Utc));

    public override string ToString() => _text;
}
