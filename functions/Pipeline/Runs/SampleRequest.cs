namespace SlmOps.Pipeline.Runs;

/// <summary>What the owner says about the inputs of a model that is not judged by the tokens it predicts.</summary>
/// <param name="Files">Files of inputs (<c>.npz</c>, <c>.npy</c>, <c>.json</c>), paths in the upload; empty to make inputs up.</param>
/// <param name="Inputs">Values and shapes by the input's name.</param>
/// <param name="Dimensions">Sizes by the name that the model gives a dimension.</param>
internal sealed record SampleRequest(
    IReadOnlyList<string> Files, IReadOnlyDictionary<string, InputRequest> Inputs, IReadOnlyDictionary<string, int> Dimensions)
{
    internal static readonly SampleRequest Default = new([], new Dictionary<string, InputRequest>(), new Dictionary<string, int>());
}

/// <summary>One input: a value, or a range, and sizes; null where nothing is said.</summary>
internal sealed record InputRequest(double? Value, double? Min, double? Max, IReadOnlyList<int>? Shape);
