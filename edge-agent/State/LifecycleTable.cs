using SlmOps.Contracts;
using static SlmOps.Contracts.DeviceState;
using static SlmOps.EdgeAgent.State.DeviceEvent;

namespace SlmOps.EdgeAgent.State;

/// <summary>The life of a deployment on this device, as one table.</summary>
internal static class LifecycleTable
{
    internal static DeviceState Next(DeviceState state, DeviceEvent happened) => (state, happened) switch
    {
        // The metadata does not hold or is not there: said once, and asked again later.
        (Pending, Postponed) => Pending,
        (Pending, VariantChosen) => Retrieved,
        (Pending, FoundInstalled) => AlreadyInstalled,
        (Pending or Downloading or Downloaded, Refused) => Rejected,

        // Downloaded → Downloading: a blob that was whole is damaged now, so it is fetched again.
        (Retrieved or Downloading or DownloadPaused or Downloaded, DownloadStarted) => Downloading,
        (Downloading, DownloadInterrupted) => DownloadPaused,
        (Downloading, DownloadFinished) => Downloaded,
        (Downloaded, VerificationPassed) => Verified,
        (Verified, SlotFilled) => Staged,

        // SmokeTesting → SmokeTesting and Activating → Activating: the power went, the step is done again.
        (Staged or SmokeTesting, SmokeTestStarted) => SmokeTesting,
        (SmokeTesting, WindowClosed) => WindowWait,
        (SmokeTesting or WindowWait or Activating, ActivationStarted) => Activating,
        (Activating, SoakStarted) => Soaking,
        (Soaking, SoakPassed) => Committed,

        // Committed → RollingBack: the release was withdrawn after the device had committed it.
        (Activating or Soaking or Committed or RollingBack, RollbackStarted) => RollingBack,
        (RollingBack, RollbackFinished) => FailedRollbackComplete,
        (RollingBack, RollbackImpossible) => FailedUnableToRollback,

        // From Activating on another model may be active, so the only way out is a rollback.
        ( < Activating, Failed) => FailedNoStateChange,
        ( < Activating, Replaced) => Superseded,

        _ => throw new IllegalTransitionException(state, happened),
    };

    /// <summary>True when nothing more will happen to the deployment by itself.</summary>
    internal static bool IsFinal(DeviceState state) =>
        state is Committed or FailedNoStateChange or FailedRollbackComplete or FailedUnableToRollback
            or Rejected or AlreadyInstalled or Superseded;

    /// <summary>True when the deployment has not touched what the device runs.</summary>
    internal static bool IsBeforeActivation(DeviceState state) => state < Activating;
}
