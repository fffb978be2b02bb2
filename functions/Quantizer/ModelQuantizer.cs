using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Options;
using SlmOps.Quantizer.Planning;

namespace SlmOps.Quantizer;

/// <summary>Makes smaller ONNX models out of ONNX models, one tensor at a time.</summary>
public static class ModelQuantizer
{
    /// <summary>
    /// Quantizes a model. Writes <paramref name="outputPath"/> and, when the model has external data,
    /// <c>outputPath + ".data"</c>, first under temporary names beside them: after a failure or a cancellation neither
    /// file exists or has changed. The same input, options and version give the same bytes on every machine.
    /// </summary>
    /// <param name="modelPath">Model file; external data is looked for in its folder.</param>
    /// <param name="outputPath">Model file to write; its folder must exist.</param>
    /// <param name="options">Recipe and options.</param>
    /// <param name="progress">Told about each piece of work, on the calling thread; may be null.</param>
    /// <param name="cancellationToken">Stops the work between slices of a tensor.</param>
    /// <exception cref="ModelQuantizationException">When the model or the options cannot be used.</exception>
    /// <exception cref="IOException">When a file cannot be read or written.</exception>
    public static QuantizationReport Quantize(
        string modelPath,
        string outputPath,
        QuantizationOptions options,
        IProgress<QuantizationProgress>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        ArgumentException.ThrowIfNullOrEmpty(outputPath);
        ArgumentNullException.ThrowIfNull(options);
        var (folder, name) = (Path.GetDirectoryName(Path.GetFullPath(outputPath))!, Path.GetFileName(outputPath));
        var recipe = OptionChecker.Require(options);
        using var inspected = Open(modelPath, options, cancellationToken);
        if (IsInput(inspected, modelPath, outputPath) || IsInput(inspected, modelPath, QuantizationRun.DataNameOf(outputPath)))
        {
            throw new ModelQuantizationException([Problems.SameFile()]);
        }

        using var sink = new FolderSink(folder);
        return new QuantizationRun(inspected, recipe, options, name, sink, progress).Execute(cancellationToken);
    }

    /// <summary>
    /// Quantizes a model into a sink: <paramref name="modelName"/> and, when the model has external data,
    /// <c>modelName + ".data"</c>. What is written goes through once, from the first byte to the last.
    /// </summary>
    /// <param name="modelPath">Model file; external data is looked for in its folder.</param>
    /// <param name="modelName">Name of the graph in the sink.</param>
    /// <param name="sink">Takes the files; the caller disposes it.</param>
    /// <param name="options">Recipe and options.</param>
    /// <param name="progress">Told about each piece of work, on the calling thread; may be null.</param>
    /// <param name="cancellationToken">Stops the work between slices of a tensor.</param>
    /// <exception cref="ModelQuantizationException">When the model or the options cannot be used.</exception>
    /// <exception cref="IOException">When a file cannot be read; faults of the sink pass through.</exception>
    public static QuantizationReport Quantize(
        string modelPath, string modelName, IModelSink sink, QuantizationOptions options, IProgress<QuantizationProgress>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        ArgumentException.ThrowIfNullOrEmpty(modelName);
        ArgumentNullException.ThrowIfNull(sink);
        ArgumentNullException.ThrowIfNull(options);
        var recipe = OptionChecker.Require(options);
        using var inspected = Open(modelPath, options, cancellationToken);
        return new QuantizationRun(inspected, recipe, options, modelName, sink, progress).Execute(cancellationToken);
    }

    /// <summary>
    /// Quantizes a model that lies elsewhere into a sink, by the ranges that it needs: no file of this machine holds it or what
    /// becomes of it. The same bytes come out as from files.
    /// </summary>
    /// <param name="source">Where it lies.</param>
    /// <param name="sourceName">Name of the model file there; external data is looked for beside it.</param>
    /// <param name="modelName">Name of the graph in the sink.</param>
    /// <param name="sink">Takes the files; the caller disposes it.</param>
    /// <param name="options">Recipe and options.</param>
    /// <param name="progress">Told about each piece of work, on the calling thread; may be null.</param>
    /// <param name="cancellationToken">Stops the work between slices of a tensor.</param>
    /// <exception cref="ModelQuantizationException">When the model or the options cannot be used.</exception>
    /// <exception cref="IOException">When the model file is not there; faults of source and sink pass through.</exception>
    public static QuantizationReport Quantize(
        IModelSource source, string sourceName, string modelName, IModelSink sink, QuantizationOptions options,
        IProgress<QuantizationProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(sourceName);
        ArgumentException.ThrowIfNullOrEmpty(modelName);
        ArgumentNullException.ThrowIfNull(sink);
        ArgumentNullException.ThrowIfNull(options);
        var recipe = OptionChecker.Require(options);
        using var inspected = Usable(InspectedModel.Open(source, sourceName, options.Limits, cancellationToken));
        return new QuantizationRun(inspected, recipe, options, modelName, sink, progress).Execute(cancellationToken);
    }

    /// <summary>
    /// Says what <see cref="Quantize(string, string, QuantizationOptions, IProgress{QuantizationProgress}?, CancellationToken)"/> would do with each weight, from the graph alone: no weight is read and nothing is
    /// written, so errors are null and choices that depend on values (<c>auto</c>, symmetry) show their starting point.
    /// </summary>
    /// <param name="modelPath">Model file.</param>
    /// <param name="options">Recipe and options.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="ModelQuantizationException">When the model or the options cannot be used.</exception>
    public static IReadOnlyList<TensorReport> Plan(string modelPath, QuantizationOptions options, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        ArgumentNullException.ThrowIfNull(options);
        var recipe = OptionChecker.Require(options);
        using var inspected = Open(modelPath, options, cancellationToken);
        return ReportBuilder.Planned(Planner.Plan(recipe, options, ModelAnalysis.Of(inspected.Model!, inspected.File, cancellationToken)));
    }

    private static InspectedModel Open(string modelPath, QuantizationOptions options, CancellationToken cancellationToken) =>
        Usable(InspectedModel.Open(modelPath, options.Limits, cancellationToken));

    private static InspectedModel Usable(InspectedModel inspected)
    {
        if (inspected.Problems.Count == 0)
        {
            return inspected;
        }

        using (inspected)
        {
            throw new ModelQuantizationException(inspected.Problems);
        }
    }

    private static bool IsInput(InspectedModel inspected, string modelPath, string path)
    {
        var full = Path.GetFullPath(path);
        return full == Path.GetFullPath(modelPath)
            || inspected.Files.Found.Any(f => Path.GetFullPath(inspected.Files.PathOf(f.Location)) == full);
    }
}
