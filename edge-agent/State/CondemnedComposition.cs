using SlmOps.Contracts;

namespace SlmOps.EdgeAgent.State;

/// <summary>A composition that failed here.</summary>
/// <param name="Composition">Digest of its content; the base is part of that.</param>
/// <param name="Local">The local layer that was in it, or default for none.</param>
/// <param name="Code">Why, in kebab case.</param>
/// <param name="At">When.</param>
internal sealed record CondemnedComposition(Digest Composition, Digest Local, string Code, DateTimeOffset At);
