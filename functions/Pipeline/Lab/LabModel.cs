using SlmOps.Inference.Samples;

namespace SlmOps.Pipeline.Lab;

/// <summary>A variant to try, as a device would have it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Folder">Its files, with one <c>.onnx</c> at the root.</param>
/// <param name="Model">That file.</param>
/// <param name="Bytes">Bytes of all its files.</param>
/// <param name="Parameters">Weights, as far as they are known; decides about the time that it is given.</param>
public sealed record LabModel(string Name, string Folder, string Model, long Bytes, long Parameters)
{
    /// <summary>True for the model that the others were made from.</summary>
    public bool IsOriginal { get; init; }

    /// <summary>True for one that is run on this machine alone, for the others to be compared with.</summary>
    public bool IsReference { get; init; }

    /// <summary>The oldest ONNX Runtime that it says it runs in; null where nothing says so.</summary>
    public Version? MinimumOrt { get; init; }
}

/// <summary>What the models are run on.</summary>
/// <param name="Tokens">Token ids; empty for models that are no language models.</param>
/// <param name="WindowTokens">Tokens in one window.</param>
/// <param name="Source">Where they come from, for people.</param>
public sealed record LabText(IReadOnlyList<int> Tokens, int WindowTokens, string Source)
{
    /// <summary>The inputs of models that are no language models.</summary>
    public SampleOptions Samples { get; init; } = new();
}
