using SlmOps.Contracts;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Tests.Fakes;
using static SlmOps.Contracts.DeviceState;

namespace SlmOps.EdgeAgent.Tests.Run;

/// <summary>What failed here is tried again: because somebody asks for it, or because what surrounds it changed.</summary>
public sealed class RetryTests
{
    [Theory]
    [InlineData("*")]
    [InlineData("tiny/1")]
    public async Task Retry_StableReleaseCondemned_IsTriedAgainAtTheNextLook(string wish)
    {
        await using var bench = await CondemnedAsync();

        var (done, _) = RetryCommand.Run(bench.Folder, RetryRequest.Parse(wish)!);
        await bench.RunAsync();

        Assert.True(done);
        Assert.Equal(2, bench.ReportedStates.Count(state => state == SmokeTesting));
        Assert.False(File.Exists(bench.Folder.Retry));
    }

    [Fact]
    public async Task Retry_AnotherRelease_SaysWhatIsCondemnedAndDoesNothing()
    {
        await using var bench = await CondemnedAsync();

        var (done, said) = RetryCommand.Run(bench.Folder, RetryRequest.Parse("tiny/7")!);

        Assert.False(done);
        Assert.Equal(
            "tiny/7 is not condemned and waits for nothing here; nothing is to be tried again. Condemned here: tiny/1 (smoke-disagrees).",
            said);
        Assert.False(File.Exists(bench.Folder.Retry));
    }

    [Theory]
    [InlineData("another", 2)]
    [InlineData("the same", 1)]
    public async Task Start_SurroundingsOfTheFailureAreOthers_IsTriedAgain(string surroundings, int tests)
    {
        await using var bench = await CondemnedAsync();

        bench.Surroundings = surroundings;
        await bench.RunAsync();

        Assert.Equal(tests, bench.ReportedStates.Count(state => state == SmokeTesting));
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("tiny/1/2")]
    [InlineData("../x/1")]
    [InlineData("")]
    public void Parse_NoRelease_IsNull(string text) => Assert.Null(RetryRequest.Parse(text));

    /// <summary>A device whose channel's stable release failed on it.</summary>
    private static async Task<Bench> CondemnedAsync()
    {
        var bench = await Bench.StartAsync();
        bench.Surroundings = "the same";
        await bench.PublishAsync(await bench.ReleaseAsync("1", ("model.onnx", Models.Good), ("fails-smoke", [])));
        await bench.RunAsync();
        await bench.RunAsync();
        Assert.Single(bench.ReportedStates, state => state == SmokeTesting);
        return bench;
    }
}
