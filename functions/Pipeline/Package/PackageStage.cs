using System.Diagnostics;
using Azure.Storage.Blobs;
using SlmOps.Contracts;
using SlmOps.Packaging;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Signing;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Package;

/// <summary>Waits until every variant has its verdict, then packages those that were accepted.</summary>
internal sealed class PackageStage(
    ArtifactBlobs artifacts, BlobServiceClient blobs, RunStore runs, SigningKeys keys, PipelineOptions options,
    TimeProvider time, ILogger<PackageStage> log)
{
    internal const string Name = "package";

    private readonly ContainerBlobStore _packages = new(blobs.GetBlobContainerClient(Flow.Containers.Packages));

    internal async Task RunAsync(RunKey run, CancellationToken cancellationToken)
    {
        if (await runs.FindAsync<PackageResult>(run, PackageResult.Row, cancellationToken).ConfigureAwait(false) is not null)
        {
            await runs.RelayAsync(run, cancellationToken).ConfigureAwait(false);
            return;
        }

        var started = time.GetTimestamp();
        var record = await runs.RequireRunAsync(run, cancellationToken).ConfigureAwait(false);
        var verdicts = await runs.ListAsync<ValidateResult>(run, ValidateResult.Prefix, cancellationToken).ConfigureAwait(false);
        if (verdicts.Count < record.Manifest.Variants.Count)
        {
            return;
        }

        var offers = new List<VariantOffer>();
        var attestations = new List<Attestation>();
        foreach (var verdict in verdicts.Where(judged => judged.Verdict.Accepted))
        {
            var packed = await PackAsync(record, verdict, cancellationToken).ConfigureAwait(false);
            offers.Add(packed.Offer);
            attestations.AddRange(packed.Attestations);
        }

        var result = new PackageResult(offers, attestations, (long)time.GetElapsedTime(started).TotalMilliseconds);
        var entries = offers.Count > 0 ? Packaged(run, result) : Refused(run, record, verdicts);
        await runs.CompleteAsync(run, PackageResult.Row, result, entries, cancellationToken).ConfigureAwait(false);
        Log.ModelPackaged(log, run.Model, run.Version, offers.Count, result.ElapsedMs);
    }

    private async Task<(VariantOffer Offer, IReadOnlyList<Attestation> Attestations)> PackAsync(
        RunRecord record, ValidateResult verdict, CancellationToken cancellationToken)
    {
        var run = new RunKey(record.Model, record.Version);
        var built = (await runs.FindAsync<QuantizeResult>(run, QuantizeResult.Row(verdict.Variant), cancellationToken)
            .ConfigureAwait(false))!.Value;
        using var work = new WorkFolder(options.WorkFolder);
        var folder = work.Folder("package");
        await artifacts.LoadAsync(ModelFiles.Companions(record, built.Files), folder, cancellationToken).ConfigureAwait(false);
        await artifacts.LoadAsync(built.Files, folder, cancellationToken).ConfigureAwait(false);
        var needs = new VariantNeeds(RamNeed.Of(verdict.Figures, built.Bytes), built.MinimumOrt, []);
        var description = new VariantDescription(
            record.Model, record.Version, verdict.Variant, built.Recipe, record.CreatedAt, needs, verdict.Figures,
            record.SourceDigest, record.IsLanguageModel ? "transformer" : null, VariantFolder.ParameterSize(record.Parameters));
        var offer = await VariantFolder.PackAsync(
            folder, verdict.SmokeTest, description, _packages, cancellationToken).ConfigureAwait(false);
        var key = await keys.ReleaseAsync(cancellationToken).ConfigureAwait(false);
        var attestations = await VariantAttestor.WriteAsync(
            offer, description, TestOutcome.Of(record, verdict), _packages, key, cancellationToken).ConfigureAwait(false);
        return (offer, attestations);
    }

    private List<OutboxEntry> Packaged(RunKey run, PackageResult result) =>
    [
        OutboxEntry.Fact(
            EventTypes.ModelPackaged,
            $"models/{run.Model}/{run.Version}",
            "",
            new ModelPackaged(
                run.Model, run.Version,
                result.Variants.ToDictionary(offer => offer.Name, offer => offer.Manifest),
                result.Variants.Sum(offer => offer.Bytes)),
            time.GetUtcNow()),
        OutboxEntry.Order(Flow.Queues.Deltas, new(StageMessage.CurrentSchema, run.ToString(), null, Activity.Current?.Id)),
    ];

    private List<OutboxEntry> Refused(RunKey run, RunRecord record, IReadOnlyList<ValidateResult> verdicts)
    {
        var problems = verdicts.Select(judged => new Problem(
            "variant-refused", $"{judged.Variant}: {judged.Verdict.Reason}.",
            "Use another recipe or other acceptance limits in slmops.json under a new version.")).ToList();
        return
        [
            OutboxEntry.Fact(
                EventTypes.ModelRejected, $"models/{run.Model}/{run.Version}", Name,
                new ModelRejected(run.Model, run.Version, record.Upload, Name, ProblemLimits.Apply(problems)), time.GetUtcNow()),
        ];
    }
}
