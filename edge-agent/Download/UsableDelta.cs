using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Manifests;

namespace SlmOps.EdgeAgent.Download;

/// <summary>A delta whose manifest was read and checked, and whose base the store holds to the last byte.</summary>
internal sealed record UsableDelta(DeltaManifest Manifest, VariantManifest From);
