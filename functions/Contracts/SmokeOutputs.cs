namespace SlmOps.Contracts;

/// <summary>
/// The file <c>smoke-outputs.json</c> of a packaged variant that is no language model: inputs, and what it made of them
/// where it was validated.
/// </summary>
/// <param name="Version">Format version, 1.</param>
/// <param name="RelativeError">Most that an output may be off, ‖found − expected‖ / ‖expected‖.</param>
/// <param name="Runs">1 to 8 runs.</param>
public sealed record SmokeOutputs(int Version, double RelativeError, IReadOnlyList<SmokeRun> Runs)
{
    /// <summary>The format version this code reads and writes.</summary>
    public const int CurrentVersion = 1;
}

/// <summary>One run.</summary>
/// <param name="Inputs">Every input of the graph.</param>
/// <param name="Outputs">Outputs of numbers with a fraction, and what is known of each.</param>
public sealed record SmokeRun(IReadOnlyList<SmokeInput> Inputs, IReadOnlyList<SmokeOutput> Outputs);

/// <summary>An input: its values, or the range and the seed of made up ones where they are many.</summary>
/// <param name="Name">Name in the graph.</param>
/// <param name="Shape">Its shape.</param>
public sealed record SmokeInput(string Name, IReadOnlyList<long> Shape)
{
    /// <summary>The values, row by row; null when they are made.</summary>
    public IReadOnlyList<double>? Values { get; init; }

    /// <summary>Least of made values.</summary>
    public double Min { get; init; }

    /// <summary>Largest of made values.</summary>
    public double Max { get; init; }

    /// <summary>Seed of made values.</summary>
    public int Seed { get; init; }
}

/// <summary>An output, or of a large one as many values as suffice, evenly apart.</summary>
/// <param name="Name">Name in the graph.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Values">Values: all, or as many as there are here, of which the i-th stands at i · elements / values.</param>
public sealed record SmokeOutput(string Name, IReadOnlyList<long> Shape, IReadOnlyList<double> Values);
