using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Tests.Runs;

public sealed class RoomDecisionTests
{
    private const long GB = 1_000_000_000;
    private static readonly RoomState Machine = new(40 * GB, 100 * GB, 6 * GB, 8 * GB);

    [Theory]
    [InlineData(40, 6, 0, 0, nameof(RoomAnswer.Now), "")]
    [InlineData(41, 6, 0, 0, nameof(RoomAnswer.NotNow), "disk-short")]
    [InlineData(30, 6, 11, 0, nameof(RoomAnswer.NotNow), "disk-short")]
    [InlineData(101, 6, 0, 0, nameof(RoomAnswer.Never), "disk-short")]
    [InlineData(1, 7, 0, 0, nameof(RoomAnswer.NotNow), "memory-short")]
    [InlineData(1, 3, 0, 4, nameof(RoomAnswer.NotNow), "memory-short")]
    [InlineData(1, 9, 0, 0, nameof(RoomAnswer.Never), "memory-short")]
    [InlineData(0, 3, 90, 0, nameof(RoomAnswer.Now), "")]
    public void Of_NeedAndMachine_SaysWhenThereIsRoom(
        long disk, long memory, long heldDisk, long heldMemory, string answer, string code)
    {
        var decision = RoomDecision.Of(new(disk * GB, memory * GB, "a test"), Machine, new(heldDisk * GB, heldMemory * GB, ""));

        Assert.Equal((answer, code), (decision.Answer.ToString(), decision.Code));
    }

    [Fact]
    public void Of_DiskFull_SaysTheSumAndWhatIsFree() => Assert.Equal(
        "needs 50.0 GB of disk for the original and the variant; 40.0 GB are free, of which 5.2 GB are given to other stages",
        RoomDecision.Of(new(50 * GB, 0, "the original and the variant"), Machine, new(5_200_000_000, 0, "")).Why);

    [Fact]
    public void Of_MachineTooSmall_SaysTheSumAndWhatItHas()
    {
        Assert.Equal(
            "needs 16.0 GB of memory for the original; a process that runs models may take 8.0 GB here",
            RoomDecision.Of(new(0, 16 * GB, "the original"), Machine, StageNeed.None).Why);
        Assert.Equal(
            "needs 200.0 GB of disk for the original; the volume of the work folder has 100.0 GB in all",
            RoomDecision.Of(new(200 * GB, 0, "the original"), Machine, StageNeed.None).Why);
    }
}
