using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Rewriting;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer;

/// <summary>
/// Writes a bfloat16 model as the float32 model that computes the same with less rounding. ONNX Runtime has hardly a
/// bfloat16 kernel for a CPU, so this is what runs where the original is to be run. Every bfloat16 is the upper half of the
/// float32 of the same value: no weight changes.
/// </summary>
public static class Float32Twin
{
    /// <summary>True when weights, inputs or outputs of the model are bfloat16.</summary>
    public static bool IsNeeded(ModelFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var name = ElementType.BFloat16.Text();
        return facts.Weights.Any(group => group.ElementType == name)
            || facts.Inputs.Concat(facts.Outputs).Any(port => port.ElementType == name);
    }

    /// <summary>
    /// Writes the twin: weights of 1 KiB or more go to <c>outputPath + ".data"</c>. What is not bfloat16 is copied as it is.
    /// </summary>
    /// <param name="modelPath">Model file; external data is looked for in its folder.</param>
    /// <param name="outputPath">Model file to write; its folder must exist.</param>
    /// <param name="limits">What may be read.</param>
    /// <param name="cancellationToken">Stops the work between slices of a tensor; then nothing is left behind.</param>
    /// <exception cref="ModelQuantizationException">When the model cannot be used.</exception>
    /// <exception cref="IOException">When a file cannot be read or written.</exception>
    public static void Write(string modelPath, string outputPath, InspectionLimits limits, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelPath);
        ArgumentException.ThrowIfNullOrEmpty(outputPath);
        ArgumentNullException.ThrowIfNull(limits);
        using var inspected = InspectedModel.Open(modelPath, limits, cancellationToken);
        if (inspected.Problems.Count > 0)
        {
            throw new ModelQuantizationException(inspected.Problems);
        }

        var name = Path.GetFileName(outputPath);
        using var sink = new FolderSink(Path.GetDirectoryName(Path.GetFullPath(outputPath))!);
        var reader = inspected.Reader();
        using var data = new DataFile(sink, QuantizationRun.DataNameOf(name));
        var message = new TypeWidener(inspected, reader, data, QuantizationRun.DataNameOf(name), cancellationToken).Write();
        var files = new List<OutputFile>();
        if (data.Complete() is { } weights)
        {
            files.Add(weights);
        }

        using (var file = new HashedFile(sink, name))
        {
            message.WriteTo(file, inspected.File.CopyTo);
            files.Add(file.Complete());
        }

        sink.Complete(files);
    }
}
