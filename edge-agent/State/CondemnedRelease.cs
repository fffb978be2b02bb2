using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.State;

/// <summary>A release that failed here, and the variant that did.</summary>
/// <param name="Release">Index digest.</param>
/// <param name="Manifest">Manifest digest of the variant, or default when it failed before one was chosen.</param>
/// <param name="Code">Why, in kebab case.</param>
/// <param name="At">When.</param>
internal sealed record CondemnedRelease(Digest Release, Digest Manifest, string Code, DateTimeOffset At)
{
    /// <summary>Name of the model; null in files from before it was kept.</summary>
    public ModelName? Model { get; init; }

    /// <summary>Its version; null in files from before it was kept.</summary>
    public ModelVersion? Version { get; init; }
}
