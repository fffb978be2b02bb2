namespace SlmOps.Contracts.Operator;

/// <summary>What an adaptation adapts, for whom, and its composition for each variant of the base.</summary>
/// <param name="Model">The adapted model.</param>
/// <param name="Version">Its version.</param>
/// <param name="Selector">Labels of the devices it is for; empty for all.</param>
/// <param name="LocalLayer">Whether a device may add a layer of its own.</param>
/// <param name="Compositions">Variant name of the base to composition digest.</param>
public sealed record AdaptationStatus(
    ModelName Model,
    ModelVersion Version,
    IReadOnlyDictionary<string, string> Selector,
    bool LocalLayer,
    IReadOnlyDictionary<string, Digest> Compositions);
