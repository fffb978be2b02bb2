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

    /// <summary>Small files a device needs beside the model: tokenizer, configurations, licence.</summary>
    internal static IReadOnlyList<StoredFile> Companions(RunRecord record) =>
        [.. record.Files.Where(file =>
            file.Path != record.Recipe.Model
            && !record.WeightFiles.Contains(file.Path)
            && file.Path != record.Recipe.Evaluation.Text
            && file.Path != record.Recipe.Smoke
            && file.Path != Intake.UploadName.RecipeFile)];
}
