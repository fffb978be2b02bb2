using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Streaming;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Inspection;

/// <summary>An opened model file, its parsed graph and whatever is wrong with it.</summary>
internal sealed class InspectedModel : IDisposable
{
    private InspectedModel(ModelFile file, ExternalFiles files) => (File, Files) = (file, files);

    internal ModelFile File { get; }

    internal ExternalFiles Files { get; }

    /// <summary>The graph, or null when it could not be parsed.</summary>
    internal OnnxModel? Model { get; private set; }

    internal List<ModelProblem> Problems { get; private set; } = [];

    internal static InspectedModel Open(string modelPath, InspectionLimits limits, CancellationToken cancellationToken)
    {
        var inspected = new InspectedModel(ModelFile.Open(modelPath), new ExternalFiles(modelPath, limits.FollowCacheLinks));
        return Inspected(inspected, Path.GetFileName(modelPath), limits, cancellationToken);
    }

    /// <summary>A model that lies elsewhere; the caller's source must outlive it.</summary>
    internal static InspectedModel Open(
        IModelSource source, string modelName, InspectionLimits limits, CancellationToken cancellationToken)
    {
        var inspected = new InspectedModel(ModelFile.Open(source, modelName), new ExternalFiles(source, modelName));
        return Inspected(inspected, modelName[(modelName.LastIndexOf('/') + 1)..], limits, cancellationToken);
    }

    /// <summary>Reads its weights.</summary>
    internal WeightReader Reader() => new(File, Files.Source, Files.PathOf);

    public void Dispose()
    {
        File.Dispose();
        Files.Dispose();
    }

    private static InspectedModel Inspected(
        InspectedModel inspected, string name, InspectionLimits limits, CancellationToken cancellationToken)
    {
        try
        {
            inspected.Inspect(name, limits, cancellationToken);
            return inspected;
        }
        catch
        {
            inspected.Dispose();
            throw;
        }
    }

    private void Inspect(string name, InspectionLimits limits, CancellationToken cancellationToken)
    {
        var problems = new ProblemList();
        Problems = problems.Items;
        if (File.Length == 0)
        {
            problems.Add(Quantizer.Problems.Empty(name));
            return;
        }

        if (File.Length > limits.MaxModelBytes)
        {
            problems.Add(Quantizer.Problems.TooLarge(File.Length, limits.MaxModelBytes));
            return;
        }

        if (File.Length > int.MaxValue)
        {
            problems.Add(Quantizer.Problems.FileTooLarge(name, File.Length));
            return;
        }

        File.Load(limits.MaxDepth);
        OnnxModel model;
        try
        {
            model = new ModelParser(File.Span, limits, cancellationToken).Parse();
        }
        catch (WireFormatException e)
        {
            // Only a field of ModelProto itself that runs past the end of the file means that bytes are missing there.
            problems.Add(e.PastEnd && IsModelStart(File.Span)
                ? Quantizer.Problems.Truncated(name, e.Message)
                : Quantizer.Problems.NotOnnx(name, e.Message));
            return;
        }
        catch (ModelLimitException e)
        {
            problems.Add(e.Problem);
            return;
        }

        if (model.Graph is null || model.IrVersion == 0)
        {
            problems.Add(model.IrVersion is > 0 and <= Quantizer.Problems.MaxIr
                ? Quantizer.Problems.Truncated(name, "it ends before the graph")
                : Quantizer.Problems.NotOnnx(name, model.Graph is null ? "it holds no graph" : "it states no IR version"));
            return;
        }

        new OperatorChecker(model, problems).Check();
        var before = problems.Items.Count;
        new TensorChecker(Files, problems).Check(model, cancellationToken);
        RepeatedTensors.Mark(this, model, problems.Items.Count == before, cancellationToken);
        var total = File.Length + Files.Found.Sum(f => f.Length);
        if (total > limits.MaxModelBytes)
        {
            problems.Add(Quantizer.Problems.TooLarge(total, limits.MaxModelBytes));
        }

        new GraphChecker(model, limits, problems, cancellationToken).Check();
        Model = model;
    }

    // Every exporter writes ir_version first: tag 0x08 and a small number.
    private static bool IsModelStart(ReadOnlySpan<byte> data) =>
        data.Length >= 2 && data[0] == 0x08 && data[1] is > 0 and <= 64;
}
