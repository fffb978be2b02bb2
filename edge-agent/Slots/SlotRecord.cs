using SlmOps.EdgeAgent.State;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Tuf;

namespace SlmOps.EdgeAgent.Slots;

/// <summary>
/// What lies beside a slot as <c>slots/a.json</c>: enough to check the slot without the store, and to know again what the
/// device runs when the journal is lost. It is taken up only together with the release's signed documents.
/// </summary>
/// <param name="Schema">Format version, 1.</param>
/// <param name="Content">What the slot holds, as the journal has it.</param>
/// <param name="Files">Its files, also those that the device made.</param>
/// <param name="Floor">How low the device may go with this model.</param>
internal sealed record SlotRecord(int Schema, SlotContent Content, IReadOnlyList<PackageFile> Files, ReleaseFloor Floor)
{
    internal const int CurrentSchema = 1;
}
