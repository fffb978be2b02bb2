using SlmOps.Contracts;
using SlmOps.Packaging.Deltas;
using SlmOps.Pipeline.Fleet;

namespace SlmOps.Pipeline.Deltas;

/// <summary>One delta that may be worth making.</summary>
internal sealed record DeltaPair(string Variant, Digest From, Digest To);

/// <summary>Which deltas to try for a release. Pure.</summary>
internal static class DeltaPlan
{
    /// <summary>Pairs of variants of one name; all pairs of one variant stand together.</summary>
    /// <param name="variants">The variants of this release.</param>
    /// <param name="earlier">The variants of the releases before, newest first.</param>
    /// <param name="mostCommon">For a variant's name the manifest that most devices run.</param>
    internal static IReadOnlyList<DeltaPair> Make(
        IReadOnlyList<VariantOffer> variants,
        IReadOnlyList<IReadOnlyList<VariantOffer>> earlier,
        IReadOnlyDictionary<string, Digest> mostCommon) =>
        [
            .. from variant in variants
               let before = earlier.SelectMany(release => release).Where(one => one.Name == variant.Name).Select(one => one.Manifest)
               from basis in DeltaChoice.From(before, mostCommon.GetValueOrDefault(variant.Name), variant.Manifest)
               select new DeltaPair(variant.Name, basis, variant.Manifest),
        ];

    /// <summary>What devices say they run, most devices first.</summary>
    internal static IEnumerable<Digest> ByUse(IEnumerable<DeviceRecord> fleet) => fleet
        .Select(device => device.Deployment?.Active ?? default)
        .Where(active => !active.IsEmpty)
        .CountBy(active => active)
        // A fleet that is split evenly gives the same answer twice.
        .OrderByDescending(count => count.Value).ThenBy(count => count.Key.ToString(), StringComparer.Ordinal)
        .Select(count => count.Key);
}
