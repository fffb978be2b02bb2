using SlmOps.Pipeline.Runs;

namespace SlmOps.Pipeline.Tests.Runs;

public sealed class MachineRoomTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Measure_ThisMachine_HasNoMoreFreeThanItHas()
    {
        var state = MachineRoom.Measure(new() { WorkFolder = Path.Combine(_folder.Root, "not", "there", "yet") });

        Assert.InRange(state.FreeDisk, 1, state.AllDisk);
        Assert.InRange(state.FreeMemory, 1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        Assert.InRange(state.AllMemory, 1, long.MaxValue);
    }

    [Fact]
    public void Measure_MemoryOfASetting_IsWhatAProcessMayTake() =>
        Assert.Equal(64L << 20, MachineRoom.Measure(new() { WorkFolder = _folder.Root, RunMemoryBytes = 64L << 20 }).AllMemory);
}
