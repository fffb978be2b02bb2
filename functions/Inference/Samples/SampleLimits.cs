namespace SlmOps.Inference.Samples;

/// <summary>Bounds on sample inputs that a user gives.</summary>
public sealed record SampleLimits
{
    /// <summary>Most bytes of one file, and of all arrays of a file once unpacked.</summary>
    public long MaxFileBytes { get; init; } = 256L << 20;

    /// <summary>Most bytes of a JSON file, whose parsed form takes several times as much.</summary>
    public long MaxJsonBytes { get; init; } = 16L << 20;

    /// <summary>Most elements of all arrays together.</summary>
    public long MaxElements { get; init; } = 16L << 20;

    /// <summary>Most arrays of one file.</summary>
    public int MaxArrays { get; init; } = 1024;

    /// <summary>Most sets of inputs of all files together.</summary>
    public int MaxSets { get; init; } = 256;

    /// <summary>Most dimensions of an array.</summary>
    public int MaxRank { get; init; } = 8;
}
