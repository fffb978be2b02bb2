using SlmOps.Pipeline.Presence;
using SlmOps.Pipeline.Tests.Rollout;

namespace SlmOps.Pipeline.Tests.Presence;

public sealed class ServicePresenceTests
{
    private static readonly DateTimeOffset Start = SampleFleet.Start;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    [Fact]
    public void Elapsed_NeverAway_IsTheTime() => Assert.Equal(TimeSpan.FromDays(9), ServicePresence.Never.Elapsed(Start, Start.AddDays(9), Interval));

    [Theory]
    [InlineData(60, 0)]
    [InlineData(240, 0)]
    [InlineData(241, 1)]
    [InlineData(86_400, 1)]
    public void Tick_LateOne_IsAnAbsenceFromFourIntervalsOn(int seconds, int absences) =>
        Assert.Equal(absences, ServicePresence.Never.Tick(Start, Interval).Tick(Start.AddSeconds(seconds), Interval).Absences.Count);

    [Fact]
    public void Elapsed_OverAnAbsence_LeavesItOutWithAGraceAfterIt()
    {
        var presence = ServicePresence.Never.Tick(Start, Interval).Tick(Start.AddHours(5), Interval);

        Assert.Equal(TimeSpan.FromMinutes(10), presence.Elapsed(Start.AddMinutes(-10), Start.AddHours(5) + ServicePresence.Grace, Interval));
        Assert.Equal(TimeSpan.FromMinutes(1), presence.Elapsed(
            Start.AddHours(1), Start.AddHours(5) + ServicePresence.Grace + TimeSpan.FromMinutes(1), Interval));
        Assert.Equal(TimeSpan.FromMinutes(2), presence.Elapsed(Start.AddHours(5).AddMinutes(1), Start.AddHours(5).AddMinutes(3), Interval));
    }

    [Fact]
    public void Elapsed_BeforeTheFirstTickAfterAnAbsence_StandsStill()
    {
        var presence = ServicePresence.Never.Tick(Start, Interval);

        Assert.Equal(TimeSpan.FromMinutes(1), presence.Elapsed(Start.AddMinutes(-1), Start.AddDays(3), Interval));
    }

    [Fact]
    public void Elapsed_AbsencesThatTouch_AreTakenOffOnce()
    {
        var first = Start.AddMinutes(10);
        var second = first.AddMinutes(5);
        var presence = new ServicePresence(second, [new(Start, first.AddMinutes(6)), new(first, second + ServicePresence.Grace)]);

        Assert.Equal(TimeSpan.Zero, presence.Elapsed(Start, second, Interval));
        Assert.Equal(TimeSpan.FromMinutes(1), presence.Elapsed(Start.AddMinutes(-1), second + ServicePresence.Grace, Interval));
    }

    [Fact]
    public void Tick_ManyAbsences_KeepsTheNewest()
    {
        var presence = ServicePresence.Never;
        for (var hour = 0; hour < 200; hour++)
        {
            presence = presence.Tick(Start.AddHours(hour), Interval);
        }

        Assert.Equal(ServicePresence.MaxAbsences, presence.Absences.Count);
        Assert.Equal(Start.AddHours(198), presence.Absences[^1].From);
    }

    [Fact]
    public void Tick_ClockSetBack_GoesOnFromThere()
    {
        var presence = ServicePresence.Never.Tick(Start, Interval).Tick(Start.AddDays(-1), Interval);

        Assert.Empty(presence.Absences);
        Assert.Equal(Start.AddDays(-1), presence.LastTick);
    }
}
