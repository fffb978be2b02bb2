using SlmOps.Simulation.Tests.World;

namespace SlmOps.Simulation.Tests;

/// <summary>Every order of events of two devices, to a depth, at each moment of a rollout.</summary>
public sealed class ExplorationTests(ITestOutputHelper output)
{
    private static readonly Happening[] OfDevice = [.. Enum.GetValues<Happening>().Where(what => what < Happening.Tick)];
    private static readonly Happening[] OfWorld = [.. Enum.GetValues<Happening>().Where(what => what >= Happening.Tick)];

    private static readonly Event[] All =
    [
        .. OfDevice.SelectMany(what => new Event[] { new(what, 0), new(what, 1) }),
        .. OfWorld.Select(what => new Event(what, 0)),
    ];

    /// <summary>Whatever may happen once.</summary>
    [Fact]
    public void OneEvent_AtEachMoment_HoldsWhatMustHold() => Explore(1);

    /// <summary>Whatever may happen, one after the other: SLMOPS_DEPTH events, two unless given.</summary>
    [Fact(Explicit = true)]
    public void SomeEvents_AtEachMoment_HoldWhatMustHold() =>
        Explore(int.TryParse(Environment.GetEnvironmentVariable("SLMOPS_DEPTH"), out var depth) ? depth : 2);

    private void Explore(int depth)
    {
        foreach (var canary in new[] { false, true })
        {
            foreach (var quality in Enum.GetValues<Quality>())
            {
                var exploration = new Exploration(quality, canary, All);
                exploration.Run(depth);
                output.WriteLine(
                    $"{quality}{(canary ? ", a canary" : "")}: {exploration.Steps} events, {exploration.Worlds} worlds that differ, "
                    + "each of them mended");
                Assert.True(exploration.Worlds > All.Length);
            }
        }
    }
}
