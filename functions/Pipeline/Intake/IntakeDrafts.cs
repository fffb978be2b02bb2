using SlmOps.Contracts;
using SlmOps.Packaging;
using SlmOps.Packaging.Sharding;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Intake;

/// <summary>What an upload is, from its manifest and its graph, before its bytes are read.</summary>
/// <param name="Manifest">What is wanted, every file named; null when that is not clear.</param>
/// <param name="Problems">Why it is not.</param>
/// <param name="Inspection">What the model is.</param>
/// <param name="Plan">How packaging will cut its weights; null when it does not, or when that is left to packaging.</param>
internal sealed record IntakeDraft(
    UploadManifest? Manifest, IReadOnlyList<Problem> Problems, InspectionResult? Inspection, ShardedModel? Plan);

/// <summary>Reads manifest and graph of an upload; the graph and the places of its weights where they lie.</summary>
internal sealed class IntakeDrafts(PipelineOptions options)
{
    /// <exception cref="BlobChangedException">When the upload is not what it was when it was listed.</exception>
    internal async Task<IntakeDraft> MakeAsync(RunKey run, FoundUpload found, string folder, CancellationToken cancellationToken)
    {
        var (asked, manifestProblems) = ReadManifest(run, folder);
        if (asked is null)
        {
            return new(null, manifestProblems, null, null);
        }

        var (manifest, missing) = IntakePolicy.Assign(
            asked, [.. found.Files.Select(file => new StoredFile(file.Path, default, file.Blob.Length))]);
        if (missing.Count > 0)
        {
            return new(null, missing, null, null);
        }

        string?[] texts = [manifest.Tokenizer, manifest.Evaluation.Text, manifest.Smoke];
        var changed = await UploadReader.FetchAsync(found, texts.OfType<string>(), folder, cancellationToken).ConfigureAwait(false);
        if (changed is not null)
        {
            return new(null, [changed], null, null);
        }

        var graph = manifest.Model!;
        using var source = new BlobSource(found.Blobs, cancellationToken);
        var limits = new InspectionLimits { MaxModelBytes = options.MaxUploadBytes };
        var inspection = ModelInspector.Inspect(source, graph, limits, cancellationToken);
        return new(manifest, [], inspection, inspection.Facts is { ExternalFiles.Count: > 0 } ? Plan(source, graph) : null);
    }

    /// <summary>What cannot be planned here is packaging's to refuse: it says what is wrong with a file that cannot be a package.</summary>
    private static ShardedModel? Plan(BlobSource source, string graph)
    {
        if (source.LengthOf(graph) is not { } length || length > WeightSharder.MaxGraphBytes)
        {
            return null;
        }

        var bytes = new byte[length];
        source.Read(graph, 0, bytes);
        var folder = graph[..(graph.LastIndexOf('/') + 1)];
        try
        {
            return WeightSharder.Plan(bytes, file => source.LengthOf(folder + file));
        }
        catch (Exception fault) when (fault is PackageFormatException or InvalidDataException)
        {
            return null;
        }
    }

    private (UploadManifest? Manifest, IReadOnlyList<Problem> Problems) ReadManifest(RunKey run, string folder)
    {
        var path = Path.Combine(folder, UploadName.ManifestFile);
        if (!File.Exists(path))
        {
            return (UploadManifest.Default, []);
        }

        return new FileInfo(path).Length > options.MaxTextBytes
            ? (
                null,
                [
                    new(
                        "manifest-too-large",
                        $"{UploadName.ManifestFile} is larger than {options.MaxTextBytes} bytes.",
                        "Upload a shorter one.",
                        UploadName.ManifestFile),
                ])
            : UploadManifestReader.Read(File.ReadAllBytes(path), UploadName.ManifestFile, run);
    }
}
