namespace SlmOps.Pipeline.Rollout;

/// <summary>What can happen to a rollout.</summary>
internal enum RolloutMove
{
    Start,
    RingPassed,
    LastRingPassed,
    RingFailed,
    NoData,
    Pause,
    Resume,
    RollBack,
    DevicesBack,
    Supersede,
}
