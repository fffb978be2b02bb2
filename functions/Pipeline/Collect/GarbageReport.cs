using SlmOps.Contracts;

namespace SlmOps.Pipeline.Collect;

/// <summary>What a collection would do, or did.</summary>
/// <param name="Plan">Name of exactly this plan; deleting asks for it.</param>
/// <param name="Kept">Releases that stay.</param>
/// <param name="Dropped">Releases that go: nothing serves, runs or may go back to them.</param>
/// <param name="Blobs">Blobs to delete.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="KeptBlobs">Blobs that kept releases need.</param>
/// <param name="KeptBytes">Their bytes.</param>
/// <param name="YoungBlobs">Blobs that stay because something that is being packaged may need them.</param>
/// <param name="Missing">Blobs that a kept release needs and storage does not hold: nothing is deleted then.</param>
/// <param name="Deleted">Blobs deleted; 0 for a dry run.</param>
internal sealed record GarbageReport(
    string Plan,
    IReadOnlyList<string> Kept,
    IReadOnlyList<string> Dropped,
    int Blobs,
    long Bytes,
    int KeptBlobs,
    long KeptBytes,
    int YoungBlobs,
    IReadOnlyList<Digest> Missing,
    int Deleted);
