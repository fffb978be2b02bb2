using System.Runtime.InteropServices;

namespace SlmOps.Inference.Tests;

/// <summary>The measurement covers the whole process, so no other test may run beside it.</summary>
[CollectionDefinition(nameof(PeakMemoryTests), DisableParallelization = true)]
[Collection(nameof(PeakMemoryTests))]
public sealed class PeakMemoryTests
{
    [Fact]
    public void Peak_MemoryThatWasHeldAndGivenBack_IsStillCounted()
    {
        const int Held = 64 << 20;
        var memory = PeakMemory.ForThisSystem();
        var before = memory.Start();
        var peak = Peak();

        Assert.InRange(peak - before, Held * 3L / 4, Held * 4L);

        unsafe long Peak()
        {
            var block = NativeMemory.Alloc(Held);
            NativeMemory.Fill(block, Held, 1);
            var duringIsEnoughElsewhere = memory.Peak();
            NativeMemory.Free(block);
            return OperatingSystem.IsLinux() ? memory.Peak() : duringIsEnoughElsewhere;
        }
    }
}
