using SlmOps.Quantizer.Inspection;
using SlmOps.Quantizer.Onnx;
using SlmOps.Quantizer.Planning;
using SlmOps.Quantizer.Rewriting;
using SlmOps.Quantizer.Streaming;

namespace SlmOps.Quantizer;

/// <summary>One quantization from the opened input to the renamed output.</summary>
internal sealed class QuantizationRun(
    InspectedModel inspected, RecipeInfo recipe, QuantizationOptions options, string outputPath, string dataPath, IProgress<QuantizationProgress>? progress)
{
    internal QuantizationReport Execute(CancellationToken cancellationToken)
    {
        var suffix = "." + Path.GetRandomFileName();
        var (modelPart, dataPart) = (outputPath + suffix, dataPath + suffix);
        try
        {
            var model = inspected.Model!;
            var index = new ValueIndex(model);
            var constants = new ConstantInts(index, inspected.File);
            var ranks = new RankFinder(index, constants);
            var tracer = new WeightTracer(index, constants);
            var entries = new WeightFinder(model, index, tracer, ranks).Find(cancellationToken);
            var plan = RecipePlan.Make(options, entries);
            var meter = new ProgressMeter(progress, entries.Count, entries.Sum(e => e.Tensor.Elements));
            var edits = new GraphEdits();
            ModelRewriter rewriter;
            bool hasData;
            using (var reader = new WeightReader(inspected))
            using (var data = new DataFile(dataPart))
            {
                var inputs = new InputKnowledge(options, entries, new InputGain(index, tracer), reader);
                if (options.Recipe == RecipeNames.Auto)
                {
                    new AutoChooser(options, new BlockWeightWriter(reader, data, options.Threads ?? Environment.ProcessorCount)).Choose(plan, cancellationToken);
                }

                var name = Path.GetFileName(dataPath);
                var placer = new TensorPlacer(model, index, edits, name);
                var tensors = new TensorRewriter(inspected, index, options, reader, data, name, edits, placer);
                var products = new ProductRewriter(inspected, index, ranks, inputs, options, reader, data, edits, placer, tensors);
                rewriter = new ModelRewriter(inspected, index, plan, reader, data, name, edits, products, tensors, meter);
                rewriter.Run(cancellationToken);
                hasData = data.IsUsed;
            }

            WriteModel(modelPart, edits);
            cancellationToken.ThrowIfCancellationRequested();
            string[] files = hasData ? [outputPath, dataPath] : [outputPath];
            var outputBytes = new FileInfo(modelPart).Length + (hasData ? new FileInfo(dataPart).Length : 0);
            Publish(modelPart, dataPart, hasData);
            var inputBytes = inspected.File.Length + inspected.Files.Found.Sum(f => f.Length);
            return new QuantizationReport(
                recipe.Name, inputBytes, outputBytes, (double)outputBytes / inputBytes, edits.MinimumOrt.ToString(3), files, ReportBuilder.Tensors(plan, rewriter.Reports));
        }
        finally
        {
            File.Delete(modelPart);
            File.Delete(dataPart);
        }
    }

    private void WriteModel(string path, GraphEdits edits)
    {
        var source = inspected.File.Span;
        var message = new ModelWriter(source, inspected.Model!, edits).Write();
        if (message.Length > int.MaxValue)
        {
            throw new ModelQuantizationException([Problems.FileTooLarge(Path.GetFileName(outputPath), message.Length)]);
        }

        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        message.WriteTo(stream, source);
    }

    // The data goes first: a model file must never point to data that is not there.
    private void Publish(string modelPart, string dataPart, bool hasData)
    {
        if (hasData)
        {
            File.Move(dataPart, dataPath, overwrite: true);
        }

        File.Move(modelPart, outputPath, overwrite: true);
    }
}
