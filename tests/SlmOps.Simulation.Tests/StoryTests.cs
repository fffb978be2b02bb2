using CsCheck;
using SlmOps.Simulation.Tests.World;

namespace SlmOps.Simulation.Tests;

/// <summary>
/// Random stories over the real decisions of service and agent, in virtual time. A story that breaks something is made as short as
/// it can be and printed with its seed; <c>CsCheck_Seed=…</c> plays it again.
/// </summary>
public sealed class StoryTests
{
    private const int Longest = 120;

    private static readonly Gen<Event> Events = Gen.Select(
        Gen.Frequency(
            (40, Gen.Const(Happening.StepAndSay)),
            (8, Gen.OneOf(Happening.Step, Happening.Say, Happening.SayUnheard, Happening.SayShuffled, Happening.Beat)),
            (12, Gen.OneOf(Happening.Tick, Happening.WaitABit)),
            (6, Gen.OneOf(
                Happening.Restart, Happening.RestartCleanly, Happening.KillTest, Happening.Sleep, Happening.Wake, Happening.TurnOff, Happening.TurnOn, Happening.LoseNetwork, Happening.FindNetwork, Happening.FillDisk,
                Happening.FreeDisk, Happening.SetClock, Happening.Crawl, Happening.LoseFolder)),
            (3, Gen.OneOf(
                Happening.WaitADeadline, Happening.WaitLong, Happening.StopService, Happening.StartService, Happening.Pause,
                Happening.Resume, Happening.Skip, Happening.RollBack, Happening.Newer, Happening.Again))),
        Gen.Int[0, 5],
        (what, device) => new Event(what, device));

    private static readonly Gen<(int Devices, Quality Quality, bool Canary, Event[] Events)> Stories = Gen.Select(
        Gen.Int[1, 6], Gen.OneOf(
            Quality.Good, Quality.Good, Quality.FailsItsTest, Quality.FailsInItsSoak, Quality.Kills, Quality.FailsOnOneClass), Gen.Bool,
        Events.Array[0, Longest]);

    /// <summary>The same stories every time, so that a change is what makes it fail.</summary>
    [Fact]
    public void Story_SomeThousand_HoldWhatMustHold()
    {
        var seed = new PCG(1, 1);
        for (var number = 0; number < 4_000; number++)
        {
            var story = Stories.Generate(seed, null, out _);
            try
            {
                Play(story.Devices, story.Quality, story.Canary, story.Events);
            }
            catch (StoryException broken)
            {
                Assert.Fail($"{broken.Message}\nStory {number}: {Show(story)}");
            }
        }
    }

    /// <summary>The long run, with other stories every time: SLMOPS_STORIES says how many.</summary>
    [Fact(Explicit = true)]
    public void Story_AsManyAsAsked_HoldWhatMustHold() => Stories.Sample(
        story => Play(story.Devices, story.Quality, story.Canary, story.Events),
        iter: long.TryParse(Environment.GetEnvironmentVariable("SLMOPS_STORIES"), out var stories) ? stories : 200_000,
        threads: 2,
        print: Show);

    private static string Show((int Devices, Quality Quality, bool Canary, Event[] Events) story) =>
        $"{story.Devices} devices, {story.Quality}{(story.Canary ? ", a canary" : "")}: {string.Join(", ", story.Events)}";

    private static void Play(int devices, Quality quality, bool canary, IEnumerable<Event> events)
    {
        var story = new Story(devices, quality, canary);
        story.Play(events);
        story.Heal();
    }
}
