using Microsoft.Extensions.Time.Testing;
using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Tests.Runs;

public sealed class StageRoomTests
{
    private static readonly StageNeed Ten = new(10, 0, "a test");

    private readonly FakeTimeProvider _time = new();
    private readonly StageMeter _meter = new();
    private long _free = 10;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Enter_AnotherHoldsTheRoom_WaitsUntilItIsGivenBackHoweverLong()
    {
        var room = Room();
        var (first, _) = await EnterAsync(room);
        var second = EnterAsync(room);

        Pass(TimeSpan.FromHours(1));
        Assert.False(second.IsCompleted);
        Assert.StartsWith("needs 0.0 MB of disk for a test; ", _meter.WaitsFor, StringComparison.Ordinal);
        first!.Dispose();
        Pass(StageRoom.Look);

        Assert.NotNull((await second).Seat);
        Assert.Null(_meter.WaitsFor);
    }

    [Fact]
    public async Task Enter_NobodyGivesBack_IsRefusedAfterTheTimeWithBothSums()
    {
        _free = 9;
        var waiting = EnterAsync(Room());

        Pass(TimeSpan.FromSeconds(595));
        Assert.False(waiting.IsCompleted);
        Pass(StageRoom.Look);

        var (seat, refusal) = await waiting;
        Assert.Null(seat);
        Assert.Equal("disk-short", refusal!.Code);
        Assert.Equal(
            "validate of int4 needs 0.0 MB of disk for a test; 0.0 MB are free, and that did not change in 600 seconds.", refusal.Message);
    }

    [Fact]
    public async Task Enter_SomebodyMakesRoom_GoesOn()
    {
        _free = 9;
        var waiting = EnterAsync(Room());
        Pass(StageRoom.Look);

        _free = 10;
        Pass(StageRoom.Look);

        Assert.NotNull((await waiting).Seat);
    }

    [Fact]
    public async Task Enter_MoreThanTheMachineHas_IsRefusedAtOnce()
    {
        var (_, refusal) = await Room().EnterAsync("validate of int4", new(1000, 0, "a test"), _meter, Cancelled);

        Assert.Equal("disk-short", refusal!.Code);
    }

    [Fact]
    public async Task Enter_NeedsNothing_IsNotEvenMeasured()
    {
        var room = new StageRoom(() => throw new IOException("No volume."), new(), _time);

        Assert.NotNull((await room.EnterAsync("package of m@1", StageNeed.None, _meter, Cancelled)).Seat);
    }

    [Fact]
    public async Task Dispose_Twice_GivesBackOnce()
    {
        var room = Room();
        var (first, _) = await EnterAsync(room);
        first!.Dispose();
        first.Dispose();
        var (second, _) = await EnterAsync(room);

        var third = EnterAsync(room);

        Assert.NotNull(second);
        Assert.False(third.IsCompleted);
    }

    private StageRoom Room() => new(() => new(_free, 100, 100, 100), new(), _time);

    private Task<(IDisposable? Seat, Problem? Refusal)> EnterAsync(StageRoom room) =>
        room.EnterAsync("validate of int4", Ten, _meter, Cancelled);

    /// <summary>Step by step: each look waits anew.</summary>
    private void Pass(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += StageRoom.Look)
        {
            _time.Advance(StageRoom.Look);
        }
    }
}
