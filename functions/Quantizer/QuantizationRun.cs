using SlmOps.Quantizer.Analysis;
using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Recipes;
using SlmOps.Quantizer.Refinement;
using SlmOps.Quantizer.Rewriting;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer;

/// <summary>One quantization from the opened input to the completed output.</summary>
internal sealed class QuantizationRun(
    InspectedModel inspected,
    Recipe recipe,
    QuantizationOptions options,
    string modelName,
    IModelSink sink,
    IProgress<QuantizationProgress>? progress)
{
    internal QuantizationReport Execute(CancellationToken cancellationToken)
    {
        var analysis = ModelAnalysis.Of(inspected.Model!, inspected.File, cancellationToken);
        var plan = Planner.Plan(recipe, options, analysis);
        var meter = new ProgressMeter(progress, analysis.Weights.Count, analysis.Weights.Sum(e => e.Tensor.Elements));
        var edits = new GraphEdits();
        var dataName = DataNameOf(modelName);
        var threads = options.Threads ?? Environment.ProcessorCount;
        var reader = inspected.Reader();
        using var data = new DataFile(sink, dataName);
        var slices = new BlockSlices(reader, threads);
        plan = MaskTables.Keep(plan, reader, cancellationToken);
        if (recipe.ChoosesForms)
        {
            plan = new BudgetChooser(options, analysis, slices).Choose(plan, cancellationToken);
        }

        var refiner = new WeightRefiner(options, new InputKnowledge(options, analysis, reader), slices, reader);
        var placer = new TensorPlacer(analysis.Model, analysis.Index, analysis.Places, edits, dataName);
        var tensors = new TensorRewriter(inspected, analysis, reader, data, dataName, edits, placer);
        var products = new ProductRewriter(
            inspected, analysis, new BlockWeightWriter(slices, data), new ColumnWeightWriter(reader, data, threads), edits, placer);
        var written = new ModelRewriter(
            inspected,
            analysis.Index,
            plan,
            weight => refiner.Refine(weight, cancellationToken),
            reader,
            data,
            dataName,
            edits,
            products,
            tensors,
            meter).Run(cancellationToken);
        foreach (var need in analysis.Needs.Find(edits.Nodes.ContainsKey, edits.IsGone))
        {
            edits.Need(need.From);
        }

        // The data comes first: a graph must never point to data that is not there.
        var files = new List<OutputFile>();
        if (data.Complete() is { } weights)
        {
            files.Add(weights);
        }

        files.Add(WriteModel(edits));
        cancellationToken.ThrowIfCancellationRequested();
        sink.Complete(files);
        var inputBytes = inspected.File.Length + inspected.Files.Found.Sum(f => f.Length);
        var outputBytes = files.Sum(file => file.Bytes);
        return new QuantizationReport(
            recipe.Name,
            inputBytes,
            outputBytes,
            (double)outputBytes / inputBytes,
            edits.MinimumOrt.ToString(3),
            files,
            ReportBuilder.Tensors(written));
    }

    internal static string DataNameOf(string modelName) => modelName + ".data";

    private OutputFile WriteModel(GraphEdits edits)
    {
        var message = new ModelWriter(inspected.File.Span, inspected.Model!, edits).Write();
        if (message.Length > int.MaxValue)
        {
            throw new ModelQuantizationException([Problems.FileTooLarge(modelName, message.Length)]);
        }

        using var file = new HashedFile(sink, modelName);
        message.WriteTo(file, inspected.File.CopyTo);
        return file.Complete();
    }
}
