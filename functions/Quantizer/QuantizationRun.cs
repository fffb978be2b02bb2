using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Rewriting;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer;

/// <summary>One quantization from the opened input to the completed output.</summary>
internal sealed class QuantizationRun(
    InspectedModel inspected, RecipeInfo recipe, QuantizationOptions options, string modelName, IModelSink sink, IProgress<QuantizationProgress>? progress)
{
    internal QuantizationReport Execute(CancellationToken cancellationToken)
    {
        var model = inspected.Model!;
        var index = new ValueIndex(model);
        var constants = new ConstantInts(index, inspected.File);
        var ranks = new RankFinder(index, constants);
        var tracer = new WeightTracer(index, constants);
        var entries = new WeightFinder(model, index, tracer, ranks).Find(cancellationToken);
        var folding = new BranchFolding(model, index);
        var places = new TensorPlaces(model, folding);
        var plan = RecipePlan.Make(options, entries, places);
        var meter = new ProgressMeter(progress, entries.Count, entries.Sum(e => e.Tensor.Elements));
        var edits = new GraphEdits();
        var dataName = DataNameOf(modelName);
        using var reader = new WeightReader(inspected);
        using var data = new DataFile(sink, dataName);
        MaskTables.Keep(plan, reader, cancellationToken);
        var inputs = new InputKnowledge(options, entries, new InputGain(index, tracer), reader);
        if (options.Recipe == RecipeNames.Auto)
        {
            new AutoChooser(options, new BlockWeightWriter(reader, data, options.Threads ?? Environment.ProcessorCount)).Choose(plan, cancellationToken);
        }

        var placer = new TensorPlacer(model, index, places, edits, dataName);
        var tensors = new TensorRewriter(inspected, index, options, reader, data, dataName, edits, places, placer);
        var products = new ProductRewriter(inspected, index, ranks, inputs, options, reader, data, edits, places, placer, tensors);
        var rewriter = new ModelRewriter(inspected, index, plan, reader, data, dataName, edits, products, tensors, meter);
        rewriter.Run(cancellationToken);
        foreach (var need in new StandingNeeds(model, index, folding).Find(edits.Nodes.ContainsKey, edits.IsGone))
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
            recipe.Name, inputBytes, outputBytes, (double)outputBytes / inputBytes, edits.MinimumOrt.ToString(3), files, ReportBuilder.Tensors(plan, rewriter.Reports));
    }

    internal static string DataNameOf(string modelName) => modelName + ".data";

    private OutputFile WriteModel(GraphEdits edits)
    {
        var source = inspected.File.Span;
        var message = new ModelWriter(source, inspected.Model!, edits).Write();
        if (message.Length > int.MaxValue)
        {
            throw new ModelQuantizationException([Problems.FileTooLarge(modelName, message.Length)]);
        }

        using var file = new HashedFile(sink, modelName);
        message.WriteTo(file, source);
        return file.Complete();
    }
}
