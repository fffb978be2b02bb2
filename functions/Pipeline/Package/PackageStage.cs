using Azure.Storage.Blobs;
using SlmOps.Contracts;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Statements;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Verification;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Signing;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Package;

/// <summary>Waits until every variant has its verdict, then packages those that were accepted.</summary>
internal sealed class PackageStage(
    VariantLayers layers, BlobServiceClient blobs, RunStore runs, SigningKeys keys, TimeProvider time, ILogger<PackageStage> log)
    : RunStage<PackageResult>(runs, time)
{
    private readonly ContainerBlobStore _packages = new(blobs.GetBlobContainerClient(Containers.Packages));

    /// <summary>Packaging is asked for once a variant; while one has no verdict yet, a later message asks again.</summary>
    internal override async Task<bool> IsSettledAsync(StageCall call, RunRecord record, CancellationToken cancellationToken) =>
        await base.IsSettledAsync(call, record, cancellationToken).ConfigureAwait(false)
        || (await WordsAsync(record, cancellationToken).ConfigureAwait(false)).Verdicts is null;

    protected override async Task<StageOutcome<PackageResult>?> WorkAsync(
        StageCall call,
        RunRecord record,
        CancellationToken cancellationToken)
    {
        var (given, tried) = await WordsAsync(record, cancellationToken).ConfigureAwait(false);
        if (given is not { } verdicts)
        {
            return null;
        }

        var built = await Runs.ListAsync<QuantizeResult>(call.Run, QuantizeResult.Prefix, cancellationToken).ConfigureAwait(false);
        var leftOut = ReleaseChoice.LeftOut(verdicts, built, tried);
        var offers = new List<VariantOffer>();
        var attestations = new List<Attestation>();
        foreach (var verdict in verdicts.Where(judged => judged.Verdict.Accepted && !leftOut.ContainsKey(judged.Variant)))
        {
            var lab = tried.FirstOrDefault(one => one.Variant == verdict.Variant);
            var packed = await PackAsync(record, verdict, lab, call.Meter, cancellationToken).ConfigureAwait(false);
            offers.Add(packed.Offer);
            attestations.AddRange(packed.Attestations);
        }

        return offers.Count > 0
            ? new(new(offers, attestations) { LeftOut = leftOut }, [Packaged(call.Run, offers)])
            : new(new([], []), [Refused(call, record, verdicts)], GoesOn: false);
    }

    protected override void Report(RunRecord record, PackageResult result) =>
        Log.ModelPackaged(log, record.Model, record.Version, result.Variants.Count, result.ElapsedMs);

    /// <summary>What validation and, where it is asked for, the lab say of every variant; no verdicts while something is missing.</summary>
    private async Task<(IReadOnlyList<ValidateResult>? Verdicts, IReadOnlyList<LabResult> Tried)> WordsAsync(
        RunRecord record, CancellationToken cancellationToken)
    {
        var judged = await Runs.ListAsync<ValidateResult>(record.Key, ValidateResult.Prefix, cancellationToken).ConfigureAwait(false);
        var tried = record.Manifest.Lab is null
            ? []
            : await Runs.ListAsync<LabResult>(record.Key, LabResult.Prefix, cancellationToken).ConfigureAwait(false);
        return (LabChoice.Verdicts(record.Manifest, judged, tried), tried);
    }

    private async Task<(VariantOffer Offer, IReadOnlyList<Attestation> Attestations)> PackAsync(
        RunRecord record, ValidateResult verdict, LabResult? tried, StageMeter meter, CancellationToken cancellationToken)
    {
        var built = (await Runs.FindAsync<QuantizeResult>(record.Key, QuantizeResult.Row(verdict.Variant), cancellationToken)
            .ConfigureAwait(false))!.Value;
        var needs = new VariantNeeds(RamNeed.Of(verdict.Figures, built.Bytes), built.MinimumOrt, []);
        var description = new VariantDescription
        {
            Model = record.Model,
            Version = record.Version,
            Variant = verdict.Variant,
            Recipe = built.Recipe,
            CreatedAt = record.CreatedAt,
            Needs = needs,
            Figures = verdict.Figures,
            Source = record.SourceDigest,
            Architecture = record.IsLanguageModel ? "transformer" : null,
            ParameterSize = VariantFolder.ParameterSize(record.Parameters),
        };
        StoredFile[] stored = [.. built.Files, .. ModelFiles.Companions(record, built.Files)];
        var part = meter.Begin($"copy {verdict.Variant}", stored.Sum(file => file.Size));
        IReadOnlyList<PackageFile> files =
        [
            .. await layers.StoreAsync(stored, built.Layers, part, cancellationToken).ConfigureAwait(false),
            .. await TestsAsync(verdict, cancellationToken).ConfigureAwait(false),
        ];
        var (passed, failed) = LabChoice.Classes(tried?.Outcomes ?? []);
        var offer = await VariantPackager.PackAsync(files, description, _packages, cancellationToken).ConfigureAwait(false) with
        {
            PassedClasses = passed,
            FailedClasses = failed,
        };
        var key = await keys.ReleaseAsync(cancellationToken).ConfigureAwait(false);
        var attestations = await VariantAttestor.WriteAsync(
            offer, description, TestOutcome.Of(record, verdict), TestOutcome.Of(record, tried), _packages, key, cancellationToken)
           .ConfigureAwait(false);
        return (offer, attestations);
    }

    /// <summary>What devices test the variant by.</summary>
    private async Task<IReadOnlyList<PackageFile>> TestsAsync(ValidateResult verdict, CancellationToken cancellationToken)
    {
        var tests = new List<PackageFile>();
        foreach (var (path, bytes) in SmokeFiles.Of(verdict))
        {
            var blob = await _packages.AddAsync(bytes, cancellationToken).ConfigureAwait(false);
            tests.Add(new(path, blob.Digest, blob.Size));
        }

        return tests;
    }

    private OutboxEntry Packaged(RunKey run, List<VariantOffer> offers) =>
        Fact(
            EventTypes.ModelPackaged,
            run.Subject,
            new ModelPackaged(
                run.Model,
                run.Version,
                offers.ToDictionary(offer => offer.Name, offer => offer.Manifest),
                offers.Sum(offer => offer.Bytes)));

    private OutboxEntry Refused(StageCall call, RunRecord record, IReadOnlyList<ValidateResult> verdicts)
    {
        var problems = verdicts.Select(judged => new Problem(
            "variant-refused", $"{judged.Variant}: {judged.Verdict.Reason}.",
            judged.Verdict.Cure ?? "Use another recipe or other acceptance limits in slmops.json under a new version.")).ToList();
        return Fact(
            EventTypes.ModelRejected, call.Run.Subject,
            new ModelRejected(record.Model, record.Version, record.Upload, call.Step.Name, ProblemLimits.Apply(problems)), call.Step.Name);
    }
}
