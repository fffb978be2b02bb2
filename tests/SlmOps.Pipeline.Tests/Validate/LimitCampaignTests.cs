using System.Globalization;
using SlmOps.Pipeline.Tests.Bench;

namespace SlmOps.Pipeline.Tests.Validate;

/// <summary>
/// Forty uploads that come to a limit, each alone and beside a good one. SLMOPS_TEST_CASES says how many of them to take.
/// </summary>
[Collection(StageCollection.Name)]
public sealed class LimitCampaignTests(StageStorage storage, ITestOutputHelper output)
{
    private const long MostHostBytes = 400_000_000;

    // The limit by the clock, for a process that starts and a machine that does other things half a minute more.
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds((4 * LimitBench.Seconds) + 30);

    [Theory]
    [InlineData("memory expand by its outputs")]
    [InlineData("time product by its text")]
    [InlineData("nan divide by its outputs")]
    [InlineData("nan root by its text")]
    [InlineData("output of 12000 letters")]
    [InlineData("crash by signal 11")]
    [InlineData("threads by its text")]
    public async Task Validate_BadUploadBesideAGoodOne_BothHaveTheirVerdict(string name)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The limits of the kernel are Linux's.");
        var bad = LimitCase.All.Single(one => one.Name == name);
        Check(bad, await LimitBench.JudgeAsync(storage, bad, $"daily-{LimitCase.All.ToList().IndexOf(bad)}", beside: true));
    }

    [Fact(Explicit = true)]
    public async Task Campaign_FortyCasesAloneAndBesideAGoodOne_EveryVerdictIsRight()
    {
        Assert.Equal(40, LimitCase.All.Count);
        var most = int.Parse(Environment.GetEnvironmentVariable("SLMOPS_TEST_CASES") ?? "40", CultureInfo.InvariantCulture);
        var failures = new List<string>();
        foreach (var (index, bad) in LimitCase.All.Index().Take(most))
        {
            foreach (var beside in (bool[])[false, true])
            {
                var outcome = await LimitBench.JudgeAsync(storage, bad, $"{index}-{(beside ? "beside" : "alone")}", beside);
                var figures = string.Create(
                    CultureInfo.InvariantCulture, $"{outcome.Longest.TotalSeconds:F1} s, {outcome.HostBytes / 1e6:F0} MB");
                var line = $"{bad}{(beside ? ", beside" : "")}: {figures}, {outcome.Original.Verdict.Reason}";
                output.WriteLine(line);
                try
                {
                    Check(bad, outcome);
                    Assert.True(outcome.HostBytes <= MostHostBytes, "The host took too much memory.");
                    Assert.True(outcome.Longest <= MostWait, "The next upload waited too long.");
                }
                catch (Xunit.Sdk.XunitException failure)
                {
                    failures.Add($"{line}: {failure.Message}");
                }
            }
        }

        Assert.Empty(failures);
    }

    private static void Check(LimitCase bad, LimitBench.Outcome outcome)
    {
        Assert.All(bad.Verdict, words => Assert.Contains(words, outcome.Original.Verdict.Reason, StringComparison.Ordinal));
        Assert.False(outcome.Original.Verdict.Accepted);
        Assert.False(outcome.Variant.Verdict.Accepted);
        Assert.False(outcome.IsBadReleased);
        Assert.True(outcome.IsGoodReleased);
    }
}
