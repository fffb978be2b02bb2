using SlmOps.Contracts;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.Disk;

/// <summary>What <c>freshness.json</c> holds.</summary>
/// <param name="Schema">Format version, 1.</param>
/// <param name="Origin">Digest of the root that trust.json began with.</param>
/// <param name="Trusted">The metadata that this device trusts.</param>
internal sealed record FreshnessRecord(int Schema, Digest Origin, TufState Trusted)
{
    internal const int CurrentSchema = 1;
}
