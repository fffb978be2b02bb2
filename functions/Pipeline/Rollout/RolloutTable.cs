using static SlmOps.Contracts.Operator.RolloutState;
using static SlmOps.Pipeline.Rollout.RolloutMove;

namespace SlmOps.Pipeline.Rollout;

/// <summary>The state machine of a rollout: every legal pair, once.</summary>
internal static class RolloutTable
{
    /// <summary>The next state, or null for a pair that is not legal.</summary>
    internal static RolloutState? Next(RolloutState state, RolloutMove move) => (state, move) switch
    {
        (Ready, Start) => Running,
        (Running, RolloutMove.RingPassed) => Running,
        (Running, LastRingPassed) => Finished,

        // A pause keeps what is out from growing; it does not keep a failure from being seen.
        (Running or Paused, RingFailed) => RollingBack,
        (Running, NoData) => Paused,
        (Running, Pause) => Paused,
        (Paused, Resume) => Running,

        // A person may withdraw what is on its way, waiting, or out.
        (Running or Paused or Finished, RollBack) => RollingBack,
        (RollingBack, DevicesBack) => RolledBack,

        // A newer release of the channel takes over. What was withdrawn stays withdrawn, and the newer one leads its devices.
        (Ready or Running or Paused, Supersede) => Superseded,
        (RollingBack, Supersede) => RolledBack,
        _ => null,
    };
}
