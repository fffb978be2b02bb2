using System.Diagnostics;
using Azure.Storage.Blobs;
using SlmOps.Contracts;
using SlmOps.Packaging.Compositions;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Signing;
using SlmOps.Packaging.Statements;
using SlmOps.Packaging.Storage;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Sandboxes;
using SlmOps.Pipeline.Signing;
using SlmOps.Pipeline.Storage;
using PackageComposition = SlmOps.Packaging.Compositions.Composition;

namespace SlmOps.Pipeline.Adapt;

/// <summary>Tries an adaptation on every variant of its base, packs it, and signs a composition for each.</summary>
internal sealed class AdaptStage(
    BlobServiceClient blobs,
    ArtifactBlobs artifacts,
    RunStore runs,
    SigningKeys keys,
    ModelSandboxes sandboxes,
    PipelineOptions options,
    TimeProvider time,
    ILogger<AdaptStage> log) : RunStage<AdaptResult>(runs, time)
{
    private const string Recipe = "adaptation";

    private static readonly VariantFigures NoFigures = new(null, null, null, null, null, null, null, null);
    private readonly ContainerBlobStore _packages = new(blobs.GetBlobContainerClient(Containers.Packages));

    // A signature has other bytes each time: the first ones stored are the adaptation's.
    protected override async Task<StageOutcome<AdaptResult>?> WorkAsync(
        StageCall call,
        RunRecord record,
        CancellationToken cancellationToken)
    {
        var adaptation = record.Adapts ?? throw new InvalidDataException($"The run {call.Run} adapts nothing.");
        var basis = await Runs.RequireRunAsync(adaptation.BaseRun, cancellationToken).ConfigureAwait(false);
        var released = await Runs.FindAsync<ReleaseResult>(adaptation.BaseRun, ReleaseResult.Row, cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidDataException($"The run {adaptation.BaseRun} has no release.");
        var index = ReleaseReader.ReadIndex(
            await _packages.ReadAsync(released.Value.Release.Digest, Limits.IndexBytes, cancellationToken).ConfigureAwait(false));
        var (variants, problems) = (new List<AdaptedVariant>(), new List<Problem>());
        foreach (var offer in index.Variants)
        {
            problems.AddRange(
                await AdaptAsync(record, adaptation, basis.IsLanguageModel, offer, variants, cancellationToken).ConfigureAwait(false));
        }

        var result = new AdaptResult(problems.Count == 0 ? variants : [], ProblemLimits.Apply(problems));
        return problems.Count == 0
            ? new(result, Released(call.Run, adaptation, result))
            : new(result, [Refused(call, record, result)], GoesOn: false);
    }

    protected override void Report(RunRecord record, AdaptResult result) =>
        Log.Adapted(
            log,
            record.Model,
            record.Version,
            record.Adapts!.BaseRun.ToString(),
            result.Variants.Count,
            result.Problems.Count,
            result.ElapsedMs);

    private async Task<IReadOnlyList<Problem>> AdaptAsync(
        RunRecord record,
        Adaptation adaptation,
        bool isLanguageModel,
        VariantOffer offer,
        List<AdaptedVariant> variants,
        CancellationToken cancellationToken)
    {
        using var work = new WorkFolder(options.WorkFolder);
        var (baseFolder, folder) = (work.Folder("base"), work.Folder("adaptation"));
        var manifest = ReleaseReader.ReadManifest(
            await _packages.ReadAsync(offer.Manifest, Limits.ManifestBytes, cancellationToken).ConfigureAwait(false));
        await BlobFolder
            .LoadAsync(_packages, manifest.Files.Select(file => (file.Path, file.Digest)), baseFolder, cancellationToken)
            .ConfigureAwait(false);
        var own = record.Files.Where(file => adaptation.Adapters.Contains(file.Path) || adaptation.Patches.Contains(file.Path));
        await artifacts.LoadAsync(own, folder, cancellationToken).ConfigureAwait(false);
        var problems = await new AdaptTrial(adaptation, folder, baseFolder, options.Threads)
            .RunAsync(manifest, isLanguageModel, sandboxes, cancellationToken).ConfigureAwait(false);
        if (problems.Count == 0)
        {
            variants.Add(await ComposeAsync(record, adaptation, offer, folder, cancellationToken).ConfigureAwait(false));
        }

        return problems;
    }

    private async Task<AdaptedVariant> ComposeAsync(
        RunRecord record, Adaptation adaptation, VariantOffer offer, string folder, CancellationToken cancellationToken)
    {
        var key = await keys.ReleaseAsync(cancellationToken).ConfigureAwait(false);
        var (artifact, files, attestations) = await PackAsync(record, adaptation, offer, folder, key, cancellationToken)
            .ConfigureAwait(false);
        var composition = new PackageComposition(offer.Manifest, Layers(adaptation, files));
        var envelope = await _packages.AddAsync(
            await composition.SignAsync(key, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return new(offer.Name, new(offer.Manifest, composition.Identity, envelope.Digest, envelope.Size), artifact, attestations);
    }

    /// <summary>Adapters first, then patches, each in the order of their paths, then the room for the device's own.</summary>
    private static List<CompositionLayer> Layers(Adaptation adaptation, IReadOnlyList<PackageFile> files)
    {
        var layers = new List<CompositionLayer>();
        layers.AddRange(
            files
                .Where(file => !adaptation.Patches.Contains(file.Path))
                .Select(file => new CompositionLayer.Adapter(file.Path, new(file.Digest, file.Size))));
        layers.AddRange(
            files
                .Where(file => adaptation.Patches.Contains(file.Path))
                .Select(file => new CompositionLayer.Config(Adaptation.TargetOf(file.Path), new(file.Digest, file.Size))));
        if (adaptation.LocalLayer)
        {
            layers.Add(new CompositionLayer.Local());
        }

        return layers;
    }

    /// <summary>An artifact of its own for each base, because what it says of its base is part of it; the files are shared.</summary>
    private async Task<(Digest Artifact, IReadOnlyList<PackageFile> Files, IReadOnlyList<Attestation> Attestations)> PackAsync(
        RunRecord record, Adaptation adaptation, VariantOffer offer, string folder, ISigningKey key, CancellationToken cancellationToken)
    {
        if (adaptation.Adapters.Count + adaptation.Patches.Count == 0)
        {
            return (default, [], []);
        }

        var description = new VariantDescription
        {
            Model = record.Model,
            Version = record.Version,
            Variant = offer.Name,
            Recipe = Recipe,
            CreatedAt = record.CreatedAt,
            Needs = new(0, offer.Needs.MinimumOrt, []),
            Figures = NoFigures,
            Source = record.SourceDigest,
        };
        var (manifest, files) = await AdapterPackager
            .PackAsync(folder, description, offer.Manifest, _packages, cancellationToken)
            .ConfigureAwait(false);
        var packed = new VariantOffer(
            offer.Name, manifest.Digest, manifest.Size, files.Sum(file => file.Size), Recipe, description.Needs, NoFigures);
        var outcome = new ValidationOutcome(
            true,
            $"Runs with {adaptation.Model} {adaptation.Version} {offer.Name}.",
            adaptation.Adapters.Count > 0 ? ["adapter-loads", "finite-outputs", "changed-outputs"] : ["patch-applies"],
            [],
            offer.Manifest);
        return (
            manifest.Digest,
            files,
            await VariantAttestor.WriteAsync(packed, description, outcome, _packages, key, cancellationToken).ConfigureAwait(false));
    }

    private List<OutboxEntry> Released(RunKey run, Adaptation adaptation, AdaptResult result) =>
    [
        Fact(
            EventTypes.AdaptationReleased, run.Subject,
            new AdaptationReleased(
                run.Model, run.Version, adaptation.Model, adaptation.Version, adaptation.Channel, adaptation.Selector,
                result.Variants.ToDictionary(variant => variant.Variant, variant => variant.Composition.Composition), run.ToString())),
        OutboxEntry.Rollout(new(StageMessage.CurrentSchema, null, run.ToString(), Activity.Current?.Id)),
    ];

    private OutboxEntry Refused(StageCall call, RunRecord record, AdaptResult result) => Fact(
        EventTypes.ModelRejected, call.Run.Subject,
        new ModelRejected(record.Model, record.Version, record.Upload, call.Step.Name, result.Problems), call.Step.Name);
}
