namespace SlmOps.Pipeline.Rollout;

/// <summary>What became of a release on a device, as the gate sees it.</summary>
internal enum Standing
{
    /// <summary>It runs it for good.</summary>
    Committed,

    /// <summary>It failed there by the release's own doing.</summary>
    Failed,

    /// <summary>It put the release in charge and has said nothing since for the deadline: it may be dead of it.</summary>
    Silent,

    /// <summary>It has put the release in charge, and talks.</summary>
    Watching,

    /// <summary>It has not put it in charge, and gets on.</summary>
    AtWork,

    /// <summary>It has not put it in charge, and did not get on for the deadline: no evidence for or against the release.</summary>
    Behind,

    /// <summary>It has not begun, and nobody hears of it.</summary>
    Offline,

    /// <summary>No variant fits it, it may not go so low, or the release was withdrawn from its class of processors.</summary>
    Incompatible,
}
