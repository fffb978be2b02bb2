using SlmOps.Inference;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;
using SlmOps.Pipeline.Validate;

namespace SlmOps.Pipeline.Lab;

/// <summary>Lays a variant of a run out as a device would have it, with the original beside it, and what both are run on.</summary>
internal sealed class LabUpload(ArtifactBlobs artifacts, RunRecord record, PipelineOptions options, WorkFolder work)
{
    private const int WindowTokens = 48;

    // No name that a variant could have.
    private const string Reference = "(original)";

    internal async Task<(IReadOnlyList<LabModel> Models, LabText Text)> LayOutAsync(
        QuantizeResult built, ValidateResult judged, CancellationToken cancellationToken)
    {
        var source = work.Folder("source");
        await artifacts.LoadAsync(record.Files, source, cancellationToken).ConfigureAwait(false);
        var folder = work.Folder("variant");
        await artifacts.LoadAsync(ModelFiles.Companions(record, built.Files), folder, cancellationToken).ConfigureAwait(false);
        await artifacts.LoadAsync(built.Files, folder, cancellationToken).ConfigureAwait(false);
        await SmokeFiles.WriteAsync(judged, folder, cancellationToken).ConfigureAwait(false);
        var isOriginal = built.Recipe == VariantRequest.Original;
        var variant = Model(built.Variant, folder, Path.Combine(folder, ModelFiles.Model)) with { IsOriginal = isOriginal };
        if (isOriginal)
        {
            return ([variant], Text(source));
        }

        var original = ModelInputs.Baseline(record, WorkFolder.PathOf(source, record.Manifest.Model!), work, cancellationToken);
        var reference = Model(Reference, Path.GetDirectoryName(original)!, original) with { IsOriginal = true, IsReference = true };
        return ([reference, variant], Text(source));
    }

    private LabModel Model(string name, string folder, string path) => new(
        name,
        folder,
        path,
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length),
        record.Parameters);

    private LabText Text(string source)
    {
        if (record is { IsLanguageModel: true, Manifest: { Tokenizer: { } tokenizer, Evaluation.Text: { } text } })
        {
            var tokens = UploadTextReader.EvaluationTokens(
                record.Manifest, source, Tokenizer.Load(WorkFolder.PathOf(source, tokenizer)));
            return new([.. tokens.Take(Asked.Tokens + 1)], WindowTokens, text);
        }

        return new([], WindowTokens, "sample inputs") { Samples = ModelInputs.Of(record, source, options.Threads) };
    }

    private LabRequest Asked => record.Manifest.Lab ?? LabRequest.Default;
}
