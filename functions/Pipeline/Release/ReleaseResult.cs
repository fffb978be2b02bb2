using SlmOps.Contracts;

namespace SlmOps.Pipeline.Release;

/// <summary>The release of a run, and where it goes.</summary>
internal sealed record ReleaseResult(ReleaseRef Release, string Channel, long ElapsedMs)
{
    internal const string Row = "release";
}
