using System.Diagnostics;
using SlmOps.EdgeAgent.Tests.Fakes;

namespace SlmOps.EdgeAgent.Tests.Run;

/// <summary>
/// Data folders of devices, damaged in thousands of ways by a seed: up to three files at once, replaced or in place, with and without
/// a service. Nothing wrong is ever served. On a clock that does not pass, so that it is work alone:
/// <c>SlmOps.EdgeAgent.Tests -explicit only -class "*HealingCampaignTests"</c>; <c>SLMOPS_TEST_CASES</c> and
/// <c>SLMOPS_TEST_SEED</c> ask for others.
/// </summary>
public sealed class HealingCampaignTests(ITestOutputHelper output)
{
    [Fact]
    public Task Start_SomeDamage_NothingWrongIsServed() => RunAsync(18, seed: 1);

    [Fact(Explicit = true)]
    public Task Start_TwentyThousandDamages_NothingWrongIsServed() =>
        RunAsync(Asked("SLMOPS_TEST_CASES", 20_000), Asked("SLMOPS_TEST_SEED", 31));

    private static int Asked(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out var asked) ? asked : otherwise;

    private async Task RunAsync(int cases, int seed)
    {
        (Shape Shape, bool Online)[] kinds =
            [.. from shape in Enum.GetValues<Shape>() from online in (bool[])[true, false] select (shape, online)];
        var started = Stopwatch.GetTimestamp();
        var lines = new string[kinds.Length];
        await Parallel.ForAsync(0, kinds.Length, TestContext.Current.CancellationToken, async (kind, _) =>
            lines[kind] = await RunAsync(kinds[kind].Shape, kinds[kind].Online, cases / kinds.Length, seed + kind));
        foreach (var line in lines.Append($"in all {Stopwatch.GetElapsedTime(started).TotalMinutes:0.0} min"))
        {
            output.WriteLine(line);
        }
    }

    private static async Task<string> RunAsync(Shape shape, bool online, int cases, int seed)
    {
        await using var device = await HurtDevice.StartAsync(shape, online);
        var random = new Random(seed);
        var counts = new SortedDictionary<Outcome, int>();
        for (var count = 0; count < cases; count++)
        {
            var hurts = Enumerable.Range(0, random.Next(3) == 0 ? random.Next(2, 4) : 1).Select(_ => Hurt(device, random)).ToList();
            var outcome = await device.HurtAsync(hurts);
            Assert.True(
                outcome == Outcome.Right || (outcome == Outcome.Nothing && MayHaveNothing(shape, online, hurts)),
                $"{shape}, online {online}, seed {seed}, case {count}: {outcome} after {string.Join(", ", hurts)}");
            counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
        }

        return $"{shape}, {(online ? "online" : "offline")}, seed {seed}: {string.Join(", ", counts.Select(one => $"{one.Value} {one.Key}"))}";
    }

    /// <summary>Without a service, what is damaged under every name that it has, or in several places, may be gone for good.</summary>
    private static bool MayHaveNothing(Shape shape, bool online, List<Hurt> hurts) => !online
        && (hurts.Count > 1 || (hurts[0].InPlace && shape != Shape.BothSlots && hurts[0].File.Contains('/', StringComparison.Ordinal)));

    private static Hurt Hurt(HurtDevice device, Random random) => new(
        device.Files[random.Next(device.Files.Count)],
        (Damage)random.Next(Enum.GetValues<Damage>().Length),
        random.Next(),
        random.Next(2) == 0);
}
