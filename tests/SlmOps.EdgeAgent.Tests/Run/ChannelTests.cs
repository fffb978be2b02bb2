using System.Text;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.EdgeAgent.Run;
using SlmOps.EdgeAgent.State;
using SlmOps.EdgeAgent.Tests.Fakes;
using SlmOps.Packaging.Channels;
using SlmOps.Packaging.Signing;

namespace SlmOps.EdgeAgent.Tests.Run;

public sealed class ChannelTests
{
    [Theory]
    [InlineData("foreign key")]
    [InlineData("release key")]
    [InlineData("other channel")]
    [InlineData("lower version")]
    [InlineData("newer schema")]
    [InlineData("flipped byte")]
    [InlineData("no document")]
    [InlineData("far too long")]
    public async Task Follow_DocumentThatDoesNotHold_ChangesNothing(string what)
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good)));
        var good = Document(5, one);
        await bench.PublishAsync(good);
        await bench.RunAsync();
        var bad = good with { Version = 6, Stable = two };
        using var foreign = LocalSigningKey.CreateInMemory();
        switch (what)
        {
            case "foreign key":
                await bench.PublishAsync(bad, foreign);
                break;
            case "release key":
                await bench.PublishAsync(bad, bench.ReleaseKey);
                break;
            case "other channel":
                await bench.PublishAsync(bad with { Channel = "beta" });
                break;
            case "lower version":
                await bench.PublishAsync(bad with { Version = 4 });
                break;
            case "newer schema":
                await bench.PublishAsync(bad with { Schema = 2 });
                break;
            case "flipped byte":
                var envelope = await ChannelSigner.SignAsync(bad, bench.DirectorKey, TestContext.Current.CancellationToken);
                var text = Encoding.UTF8.GetString(envelope);
                var payload = text.IndexOf("\"payload\":\"", StringComparison.Ordinal) + 60;
                envelope[payload] = (byte)(envelope[payload] == 'A' ? 'B' : 'A');
                bench.Service.Publish(envelope);
                break;
            case "no document":
                bench.Service.Publish("<html>Sign in</html>"u8.ToArray());
                break;
            default:
                bench.Service.Publish(new byte[2 << 20]);
                break;
        }

        var (state, trouble, because) = await LookAsync(bench);

        Assert.NotNull(trouble);
        Assert.Equal(Because.AlreadyActive, because);
        Assert.Equal<(ModelVersion, long)>(("1", 5L), (bench.Current!.Version, state.Channels["stable"]));
    }

    [Fact]
    public async Task Follow_ServiceGone_GoesOnWithTheDocumentFromBeforeTheRestart()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good), ("fails-soak", [])));
        await bench.PublishAsync(one);
        await bench.RunAsync();
        await bench.PublishAsync(one, Bench.Offer(two));
        await bench.RunAsync();
        await bench.Service.DisposeAsync();
        bench.Clock.Advance(TimeSpan.FromSeconds(61));

        var (state, trouble, because) = await LookAsync(bench);

        // A device without a network must still be able to leave a bad model.
        Assert.NotNull(trouble);
        Assert.Equal<(DeviceState, ModelVersion)>(
            (DeviceState.FailedRollbackComplete, "1"),
            (state.Deployment!.State, bench.Current!.Version));
        Assert.Equal(Because.Condemned, because);
    }

    [Fact]
    public async Task Follow_Expired_InstallsNothingAndKeepsWhatRuns()
    {
        await using var bench = await Bench.StartAsync();
        var (one, two) = (
            await bench.ReleaseAsync("1", ("model.onnx", Models.Good)),
            await bench.ReleaseAsync("2", ("model.onnx", Models.Good)));
        await bench.PublishAsync(Document(1, one));
        await bench.RunAsync();
        bench.Clock.Advance(TimeSpan.FromDays(2));
        await bench.PublishAsync(Document(2, two));

        var (_, _, because) = await LookAsync(bench);

        Assert.Equal<(Because, ModelVersion)>((Because.ChannelExpired, "1"), (because, bench.Current!.Version));
    }

    [Fact]
    public async Task Follow_OtherChannel_HasItsOwnLowestVersion()
    {
        await using var bench = await Bench.StartAsync();
        var one = await bench.ReleaseAsync("1", ("model.onnx", Models.Good));
        await bench.PublishAsync(Document(5, one));
        await bench.RunAsync();
        await bench.PublishAsync(Document(1, one) with { Channel = "beta" });

        var state = await bench.RunAsync(bench.Options with { Channel = "beta" });

        Assert.Equal(new Dictionary<ChannelName, long> { ["stable"] = 5, ["beta"] = 1 }, state.Channels);
    }

    private static ChannelDocument Document(long version, ReleaseRef stable) =>
        new()
        {
            Schema = 1,
            Channel = "stable",
            Version = version,
            IssuedAt = Bench.Start,
            Expires = Bench.Start.AddDays(1),
            Stable = stable,
            Withdrawn = [],
        };

    private static async Task<(AgentState State, string? Trouble, Because Because)> LookAsync(Bench bench)
    {
        using var parts = bench.NewParts();
        var loop = bench.NewLoop(parts);
        loop.Recover();
        var nothing = await loop.CycleAsync(TestContext.Current.CancellationToken);
        return (parts.Journal.State, parts.Channel.Trouble, nothing!.Because);
    }
}
