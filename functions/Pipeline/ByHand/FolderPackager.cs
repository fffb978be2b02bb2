using System.Globalization;
using SlmOps.Contracts;
using SlmOps.Packaging.Layout;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Storage;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Package;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.ByHand;

/// <summary>
/// Packages a model folder without a platform: the pipeline's own intake rules, quantizer and packager, but nothing is
/// measured, so that the same folder gives the same index digest on every machine.
/// </summary>
/// <param name="folder">Folder as it would be uploaded.</param>
/// <param name="output">OCI image layout to write.</param>
/// <param name="key">Signs the release.</param>
/// <param name="say">Is told each step.</param>
public sealed class FolderPackager(string folder, string output, LocalSigningKey key, Action<string> say)
{
    private static readonly VariantFigures NotMeasured = new(null, null, null, null, null, null, null, null);

    /// <summary>Packages the folder as a release of that name and version.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="found">Its files: path, and path within the folder with slashes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="UploadRefusedException">When the pipeline would not take it, with every reason.</exception>
    public async Task<PackageOutcome> RunAsync(
        ModelName model,
        ModelVersion version,
        IReadOnlyList<(string Path, string Relative)> found,
        CancellationToken cancellationToken)
    {
        var run = new RunKey(model, version);
        var files = await FilesAsync(found, cancellationToken).ConfigureAwait(false);
        var record = Accept(run, files, cancellationToken);
        var store = new FolderBlobStore(output);
        var offers = new List<VariantOffer>();
        foreach (var wanted in record.Manifest.Variants)
        {
            say($"packaging {wanted.Name} ({wanted.Recipe})");
            offers.Add(await PackAsync(record, wanted, store, cancellationToken).ConfigureAwait(false));
        }

        var release = await ReleasePackager.WriteAsync(
            run.Model, run.Version, record.CreatedAt, offers, store, key, cancellationToken).ConfigureAwait(false);
        var contents = await LayoutWriter.WriteAsync(release, store, output, cancellationToken).ConfigureAwait(false);
        return new(
            run.Model, run.Version, release.Digest, release.Signature,
            [.. offers.Select(offer => new PackagedVariant(offer.Name, offer.Recipe, offer.Manifest, offer.Bytes))],
            contents.Blobs.Sum(blob => blob.Size));
    }

    private static async Task<IReadOnlyList<StoredFile>> FilesAsync(
        IReadOnlyList<(string Path, string Relative)> found, CancellationToken cancellationToken)
    {
        var files = new List<StoredFile>();
        foreach (var (path, relative) in found)
        {
            using var content = PlainFile.OpenRead(path);
            files.Add(new(relative, await Digest.OfAsync(content, cancellationToken).ConfigureAwait(false), content.Length));
        }

        return files;
    }

    private RunRecord Accept(RunKey run, IReadOnlyList<StoredFile> files, CancellationToken cancellationToken)
    {
        var asked = ReadManifest(run);
        var (manifest, missing) = IntakePolicy.Assign(asked, files);
        Refuse(missing);
        var inspection = ModelInspector.Inspect(WorkFolder.PathOf(folder, manifest.Model!), new InspectionLimits(), cancellationToken);
        Refuse([.. inspection.Problems.Select(problem => new Problem(problem.Code, problem.Message, problem.Cure, problem.File))]);
        var facts = inspection.Facts!;
        var upload = new Upload(files, CreatedAt(), []);
        return new()
        {
            Model = run.Model,
            Version = run.Version,
            Upload = folder,
            SourceDigest = upload.SourceDigest,
            Files = files,
            WeightFiles = IntakeStage.Beside(manifest.Model!, facts.ExternalFiles),
            Manifest = manifest,
            IsLanguageModel = IntakePolicy.IsLanguageModel(facts),
            Parameters = facts.Parameters,
            WeightBytes = facts.WeightBytes,
            CreatedAt = upload.NewestAt,
            OriginalMinimumOrt = ModelFiles.OriginalMinimumOrt(facts),
        };
    }

    private UploadManifest ReadManifest(RunKey run)
    {
        var path = Path.Combine(folder, UploadName.ManifestFile);
        if (!File.Exists(path))
        {
            return UploadManifest.Default;
        }

        var (manifest, problems) = UploadManifestReader.Read(File.ReadAllBytes(path), UploadName.ManifestFile, run);
        Refuse(problems);
        return manifest!;
    }

    private async Task<VariantOffer> PackAsync(
        RunRecord record,
        VariantRequest wanted,
        FolderBlobStore store,
        CancellationToken cancellationToken)
    {
        using var work = new WorkFolder(Path.Combine(Path.GetTempPath(), "slmops"));
        var built = work.Folder("built");
        var minimumOrt = wanted.Options is null ? CopyOriginal(record, built) : Quantize(record, wanted, built, cancellationToken);
        var files = Directory.EnumerateFiles(built, "*", SearchOption.AllDirectories)
            .Select(path => new StoredFile(Path.GetRelativePath(built, path).Replace('\\', '/'), default, new FileInfo(path).Length))
            .ToList();
        foreach (var companion in ModelFiles.Companions(record, files))
        {
            Copy(companion.Path, WorkFolder.PathOf(built, companion.Path));
        }

        var smoke = record.Manifest.Smoke;
        if (smoke is not null)
        {
            Copy(smoke, Path.Combine(built, ModelFiles.SmokeFile));
        }

        var bytes = files.Sum(file => file.Size);
        var description = new VariantDescription
        {
            Model = record.Model,
            Version = record.Version,
            Variant = wanted.Name,
            Recipe = wanted.Recipe,
            CreatedAt = record.CreatedAt,
            Needs = new VariantNeeds(RamNeed.Of(NotMeasured, bytes), minimumOrt, []),
            Figures = NotMeasured,
            Source = record.SourceDigest,
            Architecture = record.IsLanguageModel ? "transformer" : null,
            ParameterSize = VariantFolder.ParameterSize(record.Parameters),
        };
        return await VariantFolder.PackAsync(built, description, store, cancellationToken).ConfigureAwait(false);
    }

    private string CopyOriginal(RunRecord record, string target)
    {
        foreach (var (from, to) in ModelFiles.Of(record).Zip(ModelFiles.Original(record)))
        {
            Copy(from.Path, WorkFolder.PathOf(target, to.Path));
        }

        return record.OriginalMinimumOrt;
    }

    private string Quantize(RunRecord record, VariantRequest wanted, string target, CancellationToken cancellationToken)
    {
        try
        {
            return ModelQuantizer.Quantize(
                WorkFolder.PathOf(folder, record.Manifest.Model!), Path.Combine(target, ModelFiles.Model),
                wanted.ToOptions(Environment.ProcessorCount), progress: null, cancellationToken).MinimumOrt;
        }
        catch (ModelQuantizationException refused)
        {
            throw new UploadRefusedException($"{wanted.Name}: {refused.Message}");
        }
    }

    private void Copy(string relative, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(WorkFolder.PathOf(folder, relative), target);
    }

    /// <summary>
    /// Files lose their times when they are copied, so the source's time is what the builder says it is: the variable that
    /// reproducible builds agreed on (reproducible-builds.org), else the epoch.
    /// </summary>
    private static DateTimeOffset CreatedAt() =>
        long.TryParse(
            Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH"),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : DateTimeOffset.UnixEpoch;

    private static void Refuse(IReadOnlyList<Problem> problems)
    {
        if (problems.Count > 0)
        {
            throw new UploadRefusedException(string.Join(
                Environment.NewLine, problems.Select(problem => $"{problem.Message} {problem.Cure} [{problem.Code}]")));
        }
    }
}
