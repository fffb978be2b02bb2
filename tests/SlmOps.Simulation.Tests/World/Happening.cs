namespace SlmOps.Simulation.Tests.World;

/// <summary>What may happen next in a world.</summary>
internal enum Happening
{
    /// <summary>A device takes its next step, and what it has to say arrives.</summary>
    StepAndSay,

    /// <summary>A device takes its next step; nothing it says arrives yet.</summary>
    Step,

    /// <summary>All that a device has to say arrives, late.</summary>
    Say,

    /// <summary>It arrives, and the answer is lost, so that it comes again.</summary>
    SayUnheard,

    /// <summary>It arrives in another order.</summary>
    SayShuffled,

    Beat,
    Restart,
    RestartCleanly,
    TurnOff,
    TurnOn,
    LoseNetwork,
    FindNetwork,
    FillDisk,
    FreeDisk,
    SetClock,
    Crawl,
    LoseFolder,
    KillTest,
    Sleep,
    Wake,
    Tick,
    StopService,
    StartService,
    WaitABit,
    WaitADeadline,
    WaitLong,
    Pause,
    Resume,
    Skip,
    RollBack,
    Newer,
    Again,
}

/// <summary>One happening, to one device where it is about one.</summary>
internal readonly record struct Event(Happening What, int Device)
{
    public override string ToString() => What < Happening.Tick ? $"{What} d{Device + 1}" : What.ToString();
}
