namespace SlmOps.Contracts.Operator;

/// <summary>What a collection would do, or did.</summary>
public sealed record GarbageReport
{
    /// <summary>Name of exactly this plan; deleting asks for it.</summary>
    public required string Plan { get; init; }

    /// <summary>Releases that stay.</summary>
    public required IReadOnlyList<string> Kept { get; init; }

    /// <summary>Releases that go: nothing serves, runs or may go back to them.</summary>
    public required IReadOnlyList<string> Dropped { get; init; }

    /// <summary>Blobs to delete.</summary>
    public required int Blobs { get; init; }

    /// <summary>Their bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Blobs that kept releases need.</summary>
    public required int KeptBlobs { get; init; }

    /// <summary>Their bytes.</summary>
    public required long KeptBytes { get; init; }

    /// <summary>Blobs that stay because something that is being packaged may need them.</summary>
    public required int YoungBlobs { get; init; }

    /// <summary>Blobs that a kept release needs and storage does not hold: nothing is deleted then.</summary>
    public required IReadOnlyList<Digest> Missing { get; init; }

    /// <summary>Blobs to delete that failed and cancelled builds left: uploads, variants and what was being written.</summary>
    public int ArtifactBlobs { get; init; }

    /// <summary>Their bytes.</summary>
    public long ArtifactBytes { get; init; }

    /// <summary>Blobs deleted; 0 for a dry run.</summary>
    public int Deleted { get; init; }
}
