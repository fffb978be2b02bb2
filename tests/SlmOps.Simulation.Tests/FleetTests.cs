using SlmOps.Contracts.Operator;
using SlmOps.Simulation.Tests.World;

namespace SlmOps.Simulation.Tests;

/// <summary>Ordinary lives of devices, in fleets of twenty, for days.</summary>
public sealed class FleetTests(ITestOutputHelper output)
{
    private const int Devices = 20;
    private static readonly TimeSpan Days = TimeSpan.FromDays(2);

    [Fact]
    public void GoodRelease_SomeOrdinaryFleets_IsWithdrawnFromNone() => Good(10);

    [Fact]
    public void BadRelease_SomeOrdinaryFleets_HurtsTheFirstRingAtMost() => Bad(10);

    /// <summary>Ten thousand lives: SLMOPS_LIVES says otherwise.</summary>
    [Fact(Explicit = true)]
    public void GoodRelease_ManyOrdinaryFleets_IsWithdrawnFromNone() => Good(Many);

    /// <summary>The same with a release that fails, in turns in its test, in its soak, and by taking its device down.</summary>
    [Fact(Explicit = true)]
    public void BadRelease_ManyOrdinaryFleets_HurtsTheFirstRingAtMost() => Bad(Many);

    private static int Many =>
        (int.TryParse(Environment.GetEnvironmentVariable("SLMOPS_LIVES"), out var lives) ? lives : 10_000) / Devices;

    private void Good(int fleets)
    {
        var ends = Ends(fleets, _ => Quality.Good);
        Assert.All(ends, end => Assert.True(end.State == RolloutState.Finished && end.OnIt == end.Living, end.ToString()));
    }

    private void Bad(int fleets)
    {
        var ends = Ends(fleets, number => (Quality)(1 + (number % 3)));
        Assert.All(ends, end => Assert.True(end.State == RolloutState.RolledBack && end.OnIt == 0, end.ToString()));
        Assert.All(ends, end => Assert.True(end.Hurt <= end.FirstRing, end.ToString()));
    }

    private FleetEnd[] Ends(int fleets, Func<int, Quality> quality)
    {
        var ends = new FleetEnd[fleets];
        Parallel.For(0, fleets, number => ends[number] = new Fleet(Devices, quality(number), number).Run(Days));
        output.WriteLine(
            $"{fleets} fleets, {ends.Sum(end => end.Living)} living devices, {ends.Sum(end => end.OnIt)} on the new release, "
            + $"{ends.Sum(end => end.Hurt)} hurt; "
            + string.Join(", ", ends.CountBy(end => end.State).Select(one => $"{one.Value} {one.Key}")));
        return ends;
    }
}
