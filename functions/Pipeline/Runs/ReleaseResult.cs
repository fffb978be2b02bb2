using SlmOps.Contracts;

namespace SlmOps.Pipeline.Runs;

/// <summary>The release of a run, and where it goes.</summary>
internal sealed record ReleaseResult(ReleaseRef Release, ChannelName Channel) : StageResult
{
    /// <summary>Its sequence among the releases of its model when it was released; 0 in results from before there was one.</summary>
    public long Sequence { get; init; }

    internal const string Row = "release";
}
