using System.Diagnostics;
using SlmOps.EdgeAgent.Tests.Fakes;
using SlmOps.EndToEnd.Tests.Parts;

namespace SlmOps.EdgeAgent.Tests.Run;

/// <summary>
/// Data folders of devices, damaged in thousands of ways by a seed: up to three files at once, replaced or in place, with and without
/// a service. Nothing wrong is ever served, and nothing at all only where there is no service and no right model is left. On a clock
/// that does not pass, so that it is work alone: <c>SlmOps.EdgeAgent.Tests -explicit only -class "*HealingCampaignTests"</c>.
/// </summary>
public sealed class HealingCampaignTests(ITestOutputHelper output)
{
    [Fact]
    public Task Start_SomeDamage_NothingWrongIsServed() => RunAsync(18, seed: 1);

    [Fact(Explicit = true)]
    public Task Start_TwentyThousandDamages_NothingWrongIsServed() =>
        RunAsync(Campaign.Cases(20_000), Campaign.Seed(31));

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
        var (counts, faults) = (new SortedDictionary<string, int>(StringComparer.Ordinal), new List<string>());
        for (var count = 0; count < cases; count++)
        {
            var hurts = Enumerable.Range(0, random.Next(3) == 0 ? random.Next(2, 4) : 1).Select(_ => Hurt(device, random)).ToList();
            var outcome = Outcome.Wrong;
            try
            {
                outcome = await device.HurtAsync(hurts);
            }
            catch (Exception stopped)
            {
                faults.Add($"It stopped: {stopped}");
            }

            if (outcome != Outcome.Right && (outcome == Outcome.Wrong || online || device.WhyNothing is null))
            {
                faults.Add($"{shape}, online {online}, seed {seed}, case {count}: {outcome} after {string.Join(", ", hurts)}");
            }

            var name = outcome == Outcome.Nothing ? device.WhyNothing ?? "nothing, though a right model is left" : outcome.ToString();
            counts[name] = counts.GetValueOrDefault(name) + 1;
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        return $"{shape}, {(online ? "online" : "offline")}, seed {seed}: "
            + string.Join(", ", counts.Select(one => $"{one.Value} {one.Key}"));
    }

    private static Hurt Hurt(HurtDevice device, Random random) => new(
        device.Files[random.Next(device.Files.Count)],
        (Damage)random.Next(Enum.GetValues<Damage>().Length),
        random.Next(),
        random.Next(2) == 0);
}
