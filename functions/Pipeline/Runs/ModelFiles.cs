using SlmOps.Contracts;
using SlmOps.Pipeline.Storage;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Runs;

/// <summary>Which files of an upload are graph and weights, and which travel with every variant.</summary>
internal static class ModelFiles
{
    /// <summary>Name of the graph in every variant.</summary>
    internal const string Model = "model.onnx";

    // Opset 17 and external data are older than this.
    private static readonly Version FirstRuntime = new(1, 16, 0);

    /// <summary>Name of the prompts and answers that a device checks a variant with.</summary>
    internal const string SmokeFile = SmokeRules.FileName;

    private static readonly string[] ModelEndings =
        [".onnx", ".onnx_data", ".onnx.data", ".safetensors", ".gguf", ".pt", ".pth", ".bin", ".h5", ".msgpack"];

    /// <summary>The oldest ONNX Runtime from which on all run the original, as far as its graph tells.</summary>
    internal static string OriginalMinimumOrt(ModelFacts facts) =>
        facts.Warnings.Select(warning => Version.Parse(warning.From)).Append(FirstRuntime).Max()!.ToString(3);

    /// <summary>True for what is a graph or weights by its name.</summary>
    internal static bool IsModel(string path) =>
        ModelEndings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>Graph and weights.</summary>
    internal static IReadOnlyList<StoredFile> Of(RunRecord record) =>
        [.. record.Files.Where(file => file.Path == record.Manifest.Model || record.WeightFiles.Contains(file.Path))];

    /// <summary>
    /// The same as a variant of its own: moved to the root, where a device looks for the graph. The graph names its weights
    /// relative to its own folder, so they keep their places to each other.
    /// </summary>
    internal static IReadOnlyList<StoredFile> Original(RunRecord record)
    {
        var graph = record.Manifest.Model!;
        var folder = graph[..(graph.LastIndexOf('/') + 1)];
        return [.. Of(record).Select(file => file with { Path = file.Path == graph ? Model : file.Path[folder.Length..] })];
    }

    /// <summary>
    /// Files a device needs beside the model: tokenizer, configurations, licence. Exports often bring the same model in
    /// several graphs and formats; none of those travels, and nothing that would take a built file's place.
    /// </summary>
    internal static IReadOnlyList<StoredFile> Companions(RunRecord record, IReadOnlyList<StoredFile> built) =>
        [.. record.Files.Where(file =>
            !IsModel(file.Path)
            && !built.Any(other => string.Equals(other.Path, file.Path, StringComparison.OrdinalIgnoreCase))
            && !string.Equals(file.Path, SmokeFile, StringComparison.OrdinalIgnoreCase)
            && !string.Equals(file.Path, SmokeRules.OutputsFileName, StringComparison.OrdinalIgnoreCase)
            && !record.WeightFiles.Contains(file.Path)
            && file.Path != record.Manifest.Evaluation.Text
            && file.Path != record.Manifest.Smoke
            && !record.Manifest.Samples.Files.Contains(file.Path)
            && file.Path != UploadManifest.FileName)];
}
