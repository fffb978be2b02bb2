using SlmOps.Contracts.Operator;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Rollout;

namespace SlmOps.Pipeline.Tests.Rollout;

public sealed class RingGateTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(30);
    private static readonly RingRecord First = new(new("canary", 0.1, SampleFleet.NoLabels), RingState.Running, SampleFleet.Start, null);
    private static readonly RingRecord Later = First with { ErrorThreshold = 0.05, SilenceThreshold = 0.10 };

    // C committed, F failed, S silent, W watching, A at work, B behind, O offline, I incompatible; seconds open
    [Theory]
    [InlineData("", 0, "Wait")]
    [InlineData("", 99_999, "Wait")]
    [InlineData("C", 0, "Pass")]
    [InlineData("CCC", 99_999, "Pass")]
    [InlineData("CCCOOOOO", 0, "Pass")]
    [InlineData("CCCIIIII", 0, "Pass")]
    [InlineData("CCCB", 0, "Pass")]
    [InlineData("CCCF", 0, "Fail")]
    [InlineData("CCCS", 0, "Fail")]
    [InlineData("F", 0, "Fail")]
    [InlineData("S", 0, "Fail")]
    [InlineData("SAWBOI", 0, "Fail")]
    [InlineData("CCCA", 0, "Wait")]
    [InlineData("CCCA", 1800, "Wait")]
    [InlineData("CCCA", 1801, "Pass")]
    [InlineData("CCCW", 99_999, "Wait")]
    [InlineData("A", 99_999, "Wait")]
    [InlineData("ABBB", 99_999, "Wait")]
    [InlineData("B", 0, "Wait")]
    [InlineData("B", 1801, "NoData")]
    [InlineData("O", 1800, "Wait")]
    [InlineData("O", 1801, "NoData")]
    [InlineData("I", 1800, "Wait")]
    [InlineData("I", 1801, "NoData")]
    [InlineData("BOI", 1801, "NoData")]
    public void Decide_FirstRing_GivesTheVerdict(string devices, int seconds, string expected)
    {
        var verdict = Decide(devices, First, seconds);

        Assert.Equal(expected, verdict.Outcome.ToString());
        Assert.NotEmpty(verdict.Reason);
    }

    [Theory]
    [InlineData("CCCF", "Fail")]
    [InlineData("CCCCCCCCCCCCCCCCCCCF", "Fail")]
    [InlineData("CCCCCCCCCCCCCCCCCCCCF", "Pass")]
    [InlineData("CCCCCCCCCCCCCCCCCCCCFF", "Fail")]
    [InlineData("CS", "Pass")]
    [InlineData("CCCCCCCCCS", "Pass")]
    [InlineData("CSS", "Fail")]
    [InlineData("S", "Wait")]
    [InlineData("CCCCCCCCCCSS", "Fail")]
    [InlineData("FOOOOOOOOOOOOOOOOOOOOOOOOOOOOOO", "Fail")]
    public void Decide_LaterRing_TakesAShareOfItsLivingDevices(string devices, string expected) =>
        Assert.Equal(expected, Decide(devices, Later, 0).Outcome.ToString());

    [Fact]
    public void Decide_AnyRing_PassesOnlyWithACommitAndNothingUnderWay()
    {
        var all =
            from committed in Enumerable.Range(0, 3)
            from failed in Enumerable.Range(0, 2)
            from silent in Enumerable.Range(0, 2)
            from watching in Enumerable.Range(0, 2)
            from working in Enumerable.Range(0, 2)
            from behind in Enumerable.Range(0, 2)
            from offline in Enumerable.Range(0, 2)
            from late in new[] { 0, 1801 }
            select (
                Devices: new string('C', committed) + new string('F', failed) + new string('S', silent) + new string('W', watching)
                    + new string('A', working) + new string('B', behind) + new string('O', offline),
                late);

        Assert.All(all, input => Assert.Equal(
            input.Devices.Contains('C', StringComparison.Ordinal) && input.Devices.IndexOfAny(['F', 'S', 'W']) < 0
                && (input.late > 1800 || !input.Devices.Contains('A', StringComparison.Ordinal)),
            Decide(input.Devices, First, input.late).Outcome == GateOutcome.Pass));
    }

    [Fact]
    public void Decide_Verdict_NamesItsDevicesUpToFive()
    {
        Assert.Equal("2 of 4 devices failed: F1; F2", Decide("CFFA", First, 0).Reason);
        Assert.Equal(
            "1 of 2 devices silent for 1800 s with the release in charge: S1", Decide("CS", First, 0).Reason);
        Assert.Equal("1 of 3 devices committed; 1 behind: B1; 1 offline: O2", Decide("CBO", First, 0).Reason);
        Assert.Equal(
            "7 of 7 devices failed: F0; F1; F2; F3; F4; and 2 more", Decide("FFFFFFF", First, 0).Reason);
    }

    private static GateVerdict Decide(string devices, RingRecord ring, int seconds) => RingGate.Decide(
        new([.. devices.Select((letter, index) => new DeviceStanding(Of(letter), $"{letter}{index}"))]),
        ring, TimeSpan.FromSeconds(seconds), Deadline);

    private static Standing Of(char letter) => letter switch
    {
        'C' => Standing.Committed,
        'F' => Standing.Failed,
        'S' => Standing.Silent,
        'W' => Standing.Watching,
        'A' => Standing.AtWork,
        'B' => Standing.Behind,
        'O' => Standing.Offline,
        _ => Standing.Incompatible,
    };
}
