using SlmOps.Quantizer.Inspection;

namespace SlmOps.Quantizer;

/// <summary>Reads what an ONNX model is, and whether it can be used, without loading a weight.</summary>
public static class ModelInspector
{
    /// <summary>
    /// Inspects the model file and the external data it names. Whatever the bytes are, the answer is a result; a file is
    /// never allocated for on the word of a length that was not checked.
    /// </summary>
    /// <param name="modelPath">The model file; external data is looked for in its folder.</param>
    /// <param name="limits">What may be read.</param>
    /// <param name="cancellationToken">Stops the inspection.</param>
    /// <exception cref="IOException">When the model file cannot be opened or read.</exception>
    /// <exception cref="UnauthorizedAccessException">When the model file may not be read.</exception>
    public static InspectionResult Inspect(string modelPath, InspectionLimits limits, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        ArgumentNullException.ThrowIfNull(limits);
        using var inspected = InspectedModel.Open(modelPath, limits, cancellationToken);
        return Result(inspected);
    }

    /// <summary>
    /// Inspects a model that lies elsewhere: of the model file the graph alone is read, of external data nothing but what an
    /// initializer that stands there twice needs.
    /// </summary>
    /// <param name="source">Where it lies.</param>
    /// <param name="modelName">Name of the model file there; external data is looked for beside it.</param>
    /// <param name="limits">What may be read; links there are none.</param>
    /// <param name="cancellationToken">Stops the inspection.</param>
    /// <exception cref="IOException">When the model file is not there, and whatever the source throws.</exception>
    public static InspectionResult Inspect(
        IModelSource source, string modelName, InspectionLimits limits, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(modelName);
        ArgumentNullException.ThrowIfNull(limits);
        using var inspected = InspectedModel.Open(source, modelName, limits, cancellationToken);
        return Result(inspected);
    }

    private static InspectionResult Result(InspectedModel inspected) => inspected.Problems.Count > 0
        ? new InspectionResult(null, inspected.Problems)
        : new InspectionResult(FactsReader.Read(inspected), []);
}
