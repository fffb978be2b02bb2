namespace SlmOps.Inference.Samples;

/// <summary>What the owner of a model, or its graph, says about the values of one input. Everything may be left open.</summary>
public sealed record InputHint
{
    /// <summary>The one value of every element, such as a sample rate.</summary>
    public double? Value { get; init; }

    /// <summary>Least value; together with <see cref="Max"/>.</summary>
    public double? Min { get; init; }

    /// <summary>Greatest value; whole numbers include it.</summary>
    public double? Max { get; init; }

    /// <summary>Sizes of all dimensions, or null.</summary>
    public IReadOnlyList<int>? Shape { get; init; }

    /// <summary>Rows of the smallest table that the values pick from, read from the graph; null when they pick from none.</summary>
    public long? Rows { get; init; }
}
