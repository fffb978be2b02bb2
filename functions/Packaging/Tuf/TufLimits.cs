namespace SlmOps.Packaging.Tuf;

/// <summary>Most bytes a client reads of each file, so that an endless answer ends.</summary>
internal static class TufLimits
{
    internal const int Root = 512 << 10;
    internal const int Timestamp = 16 << 10;
    internal const int Snapshot = 2 << 20;
    internal const int Targets = 5 << 20;
    internal const int Largest = Targets;
    internal const int Keys = 64;

    /// <summary>Most new roots in one update; a device far behind continues with the next update.</summary>
    internal const int Rotations = 64;
}
