namespace SlmOps.Contracts.Operator;

/// <summary>One variant of a run.</summary>
public sealed record VariantStatus
{
    /// <summary>Its name, unique in the run.</summary>
    public required string Name { get; init; }

    /// <summary>Recipe of the quantizer, or <c>original</c>.</summary>
    public required string Recipe { get; init; }

    /// <summary>Where it is.</summary>
    public required VariantState State { get; init; }

    /// <summary>Bytes of graph and weights; null until it is built.</summary>
    public long? Bytes { get; init; }

    /// <summary>Its bytes divided by the original's.</summary>
    public double? Ratio { get; init; }

    /// <summary>Manifest digest of its package; empty until there is one.</summary>
    public Digest Digest { get; init; }

    /// <summary>What validation said; null until then.</summary>
    public bool? Accepted { get; init; }

    /// <summary>The verdict in one sentence.</summary>
    public string? Reason { get; init; }

    /// <summary>What was measured.</summary>
    public VariantFigures? Figures { get; init; }

    /// <summary>Memory that a device needs for it, in bytes.</summary>
    public long? RamBytes { get; init; }

    /// <summary>What the device lab found, processor by processor; empty until then, and where no lab is asked for.</summary>
    public IReadOnlyList<LabOutcome> Lab { get; init => field = value ?? []; } = [];
}
