using SlmOps.Contracts;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Statements;

namespace SlmOps.Pipeline.Runs;

/// <summary>What became of an adaptation: a composition for every variant of its base, or problems.</summary>
internal sealed record AdaptResult(IReadOnlyList<AdaptedVariant> Variants, IReadOnlyList<Problem> Problems) : StageResult
{
    internal const string Row = "adapt";
}

/// <summary>The composition over one variant.</summary>
/// <param name="Variant">Variant name of the base.</param>
/// <param name="Composition">The composition as the channel names it.</param>
/// <param name="Artifact">Manifest of the adaptation's own files; empty when there are none.</param>
/// <param name="Attestations">Signature, test result and bill of materials of those files.</param>
internal sealed record AdaptedVariant(
    string Variant, OverlayComposition Composition, Digest Artifact, IReadOnlyList<Attestation> Attestations);
