using System.Collections.Concurrent;

namespace SlmOps.Simulation.Tests.World;

/// <summary>
/// Every order of events: at each moment of an ordinary rollout, all that may happen, one after the other to a depth, and after
/// that everything mends. Worlds that are the same are gone through once.
/// </summary>
internal sealed class Exploration(Quality quality, bool canary, IReadOnlyList<Event> events)
{
    private const int Devices = 2;
    private readonly ConcurrentDictionary<UInt128, byte> _seen = new();
    private long _steps;

    /// <summary>Worlds that differ.</summary>
    internal int Worlds => _seen.Count;

    /// <summary>Events that happened, mending not counted.</summary>
    internal long Steps => _steps;

    /// <exception cref="StoryException">With the shortest story after which something does not hold.</exception>
    internal void Run(int depth)
    {
        List<World> frontier = [.. Ordinary()];
        frontier.ForEach(world => _seen.TryAdd(world.Story.Print(), 0));
        foreach (var world in frontier)
        {
            Mend(world);
        }

        for (var level = 0; level < depth; level++)
        {
            var last = level == depth - 1;
            var next = new ConcurrentBag<World>();
            Parallel.ForEach(frontier, new() { MaxDegreeOfParallelism = 2 }, world =>
            {
                foreach (var one in events)
                {
                    if (Follow(world, one) is not { } followed || !_seen.TryAdd(followed.Story.Print(), 0))
                    {
                        continue;
                    }

                    if (!last)
                    {
                        next.Add(followed with { Story = followed.Story.Copy() });
                    }

                    Mend(followed);
                }
            });
            frontier = [.. next];
        }
    }

    /// <summary>The moments of a rollout in which nothing goes wrong, both devices in turn.</summary>
    private IEnumerable<World> Ordinary()
    {
        var world = new World(new(Devices, quality, canary), []);
        yield return world with { Story = world.Story.Copy() };
        Event[] round = [new(Happening.StepAndSay, 0), new(Happening.StepAndSay, 1), new(Happening.WaitABit, 0)];
        for (var number = 0; number < 120 && !world.Story.IsOver; number++)
        {
            var one = round[number % round.Length];
            world = Follow(world, one)!;
            yield return world with { Story = world.Story.Copy() };
        }
    }

    private World? Follow(World world, Event one)
    {
        var story = world.Story.Copy();
        Interlocked.Increment(ref _steps);
        IReadOnlyList<Event> path = [.. world.Path, one];
        Told(path, () => story.Happen(one));
        return new(story, path);
    }

    private void Mend(World world) => Told(world.Path, world.Story.Copy().Heal);

    private void Told(IReadOnlyList<Event> path, Action what)
    {
        try
        {
            what();
        }
        catch (StoryException broken)
        {
            throw new StoryException(
                $"{broken.Message}\nStory: {Devices} devices, {quality}{(canary ? ", a canary" : "")}: {string.Join(", ", path)}");
        }
    }

    private sealed record World(Story Story, IReadOnlyList<Event> Path);
}
