namespace SlmOps.EdgeAgent.State;

/// <summary>What can happen to a deployment; <see cref="LifecycleTable"/> says where it leads.</summary>
internal enum DeviceEvent
{
    Postponed,
    VariantChosen,
    Refused,
    FoundInstalled,
    DownloadStarted,
    DownloadInterrupted,
    DownloadFinished,
    VerificationPassed,
    SlotFilled,
    SmokeTestStarted,
    WindowClosed,
    ActivationStarted,
    SoakStarted,
    SoakPassed,
    RollbackStarted,
    RollbackFinished,
    RollbackImpossible,
    Failed,
    Replaced,
}
