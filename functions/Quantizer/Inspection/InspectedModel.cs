using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Wire;

namespace SlmOps.Quantizer.Inspection;

/// <summary>An opened model file, its parsed graph and whatever is wrong with it.</summary>
internal sealed class InspectedModel : IDisposable
{
    private InspectedModel(ModelFile file, string path, InspectionLimits limits)
    {
        File = file;
        Files = new ExternalFiles(path, limits.FollowCacheLinks);
    }

    internal ModelFile File { get; }

    internal ExternalFiles Files { get; }

    /// <summary>The graph, or null when it could not be parsed.</summary>
    internal OnnxModel? Model { get; private set; }

    internal List<ModelProblem> Problems { get; private set; } = [];

    internal static InspectedModel Open(string modelPath, InspectionLimits limits, CancellationToken cancellationToken)
    {
        var inspected = new InspectedModel(ModelFile.Open(modelPath), modelPath, limits);
        try
        {
            inspected.Inspect(Path.GetFileName(modelPath), limits, cancellationToken);
            return inspected;
        }
        catch
        {
            inspected.Dispose();
            throw;
        }
    }

    public void Dispose() => File.Dispose();

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
