namespace SlmOps.Packaging.Tuf;

/// <summary>How low a device may go.</summary>
/// <param name="Sequence">Highest sequence of a release it has committed, per model.</param>
/// <param name="SecurityFloor">Highest security floor it has seen; it only rises.</param>
public sealed record ReleaseFloor(long Sequence, long SecurityFloor)
{
    /// <summary>The floor of a new device.</summary>
    public static ReleaseFloor None { get; } = new(0, 0);

    /// <summary>The floor after reading a release's metadata.</summary>
    public ReleaseFloor Raise(ReleaseTarget target) => this with { SecurityFloor = Math.Max(SecurityFloor, target.SecurityFloor) };

    /// <summary>The floor after committing a release.</summary>
    public ReleaseFloor Commit(ReleaseTarget target) => Raise(target) with { Sequence = Math.Max(Sequence, target.Sequence) };

    /// <summary>Why a release may not be installed, or null. Going back is a release with a higher sequence.</summary>
    public string? RefuseInstall(ReleaseTarget target) => target.Sequence < Sequence
        ? $"Release {target.Release.Model}/{target.Release.Version} has sequence {target.Sequence}; {Sequence} was installed before."
        : RefuseFallback(target.Sequence);

    /// <summary>Why a device may not fall back to what it ran before, or null. No signature is needed for it, only this.</summary>
    public string? RefuseFallback(long sequence) => sequence < SecurityFloor
        ? $"Sequence {sequence} lies under the security floor {SecurityFloor}."
        : null;
}
