using SlmOps.Contracts;

namespace SlmOps.Packaging.Deltas;

/// <summary>From which variants deltas to a new one are worth making.</summary>
public static class DeltaChoice
{
    /// <summary>How many releases back.</summary>
    public const int Releases = 3;

    /// <summary>
    /// The variants of the same name in the last <see cref="Releases"/> releases, and the one that most devices run.
    /// Never a chain: each delta starts from a whole variant.
    /// </summary>
    /// <param name="earlier">Manifests of the variant in earlier releases, newest first.</param>
    /// <param name="mostCommon">Manifest that most devices run, or default.</param>
    /// <param name="wanted">The new manifest.</param>
    public static IReadOnlyList<Digest> From(IEnumerable<Digest> earlier, Digest mostCommon, Digest wanted) =>
        [
            .. earlier
                .Where(digest => digest != wanted)
                .Distinct()
                .Take(Releases)
                .Append(mostCommon)
                .Where(digest => !digest.IsEmpty && digest != wanted)
                .Distinct(),
        ];
}
