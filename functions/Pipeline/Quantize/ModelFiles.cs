using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Quantize;

/// <summary>Which files of an upload are graph and weights, and which travel with every variant.</summary>
internal static class ModelFiles
{
    /// <summary>Name of the graph in every variant.</summary>
    internal const string Model = "model.onnx";

    /// <summary>Opset 17 and external data are older than this; nothing else is asked of an original.</summary>
    internal const string OriginalMinimumOrt = "1.16.0";

    /// <summary>Graph and weights.</summary>
    internal static IReadOnlyList<StoredFile> Of(RunRecord record) =>
        [.. record.Files.Where(file => file.Path == record.Recipe.Model || record.WeightFiles.Contains(file.Path))];

    /// <summary>
    /// The same as a variant of its own: moved to the root, where a device looks for the graph. The graph names its weights
    /// relative to its own folder, so they keep their places to each other.
    /// </summary>
    internal static IReadOnlyList<StoredFile> Original(RunRecord record)
    {
        var graph = record.Recipe.Model!;
        var folder = graph[..(graph.LastIndexOf('/') + 1)];
        return [.. Of(record).Select(file => file with { Path = file.Path == graph ? Model : file.Path[folder.Length..] })];
    }

    /// <summary>
    /// Small files a device needs beside the model: tokenizer, configurations, licence. Exports often bring the same model
    /// in several graphs; a device refuses a package with more than one.
    /// </summary>
    internal static IReadOnlyList<StoredFile> Companions(RunRecord record) =>
        [.. record.Files.Where(file =>
            !file.Path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase)
            && !record.WeightFiles.Contains(file.Path)
            && file.Path != record.Recipe.Evaluation.Text
            && file.Path != record.Recipe.Smoke
            && file.Path != Intake.UploadName.RecipeFile)];
}
