using Azure;
using Azure.Storage.Blobs;
using SlmOps.Contracts;
using SlmOps.Packaging;
using SlmOps.Packaging.Deltas;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Fleet;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Deltas;

/// <summary>
/// Makes deltas from what devices probably hold to the packaged variants. A delta is a shortcut and nothing else: one
/// that cannot be made is left out, and the release goes on.
/// </summary>
internal sealed class DeltaStage(
    BlobServiceClient blobs, RunStore runs, DeviceStore devices, PipelineOptions options, TimeProvider time, ILogger<DeltaStage> log)
    : RunStage<DeltaResult>(runs, time)
{
    /// <summary>Devices may name what they like; a handful of different answers says what most of them run.</summary>
    private const int MostRunning = 16;

    private readonly ContainerBlobStore _packages = new(blobs.GetBlobContainerClient(Containers.Packages));

    protected override async Task<StageOutcome<DeltaResult>?> WorkAsync(
        StageCall call,
        RunRecord record,
        CancellationToken cancellationToken)
    {
        var pairs = await PlanAsync(record, cancellationToken).ConfigureAwait(false);
        var offers = new List<DeltaOffer>();
        foreach (var variant in pairs.GroupBy(pair => pair.To))
        {
            offers.AddRange(await MakeAsync(call.Run, [.. variant], cancellationToken).ConfigureAwait(false));
        }

        return new(new(offers) { Pairs = pairs.Count }, []);
    }

    protected override StageOutcome<DeltaResult> Without(StageCall call, RunRecord record, Problem problem)
    {
        // Nobody needs a delta: devices fetch whole files.
        Log.DeltasGivenUp(log, record.Model, record.Version);
        return new(new([]), []);
    }

    protected override void Report(RunRecord record, DeltaResult result) =>
        Log.DeltasMade(log, record.Model, record.Version, result.Offers.Count, result.Pairs, result.ElapsedMs);

    private async Task<IReadOnlyList<DeltaPair>> PlanAsync(RunRecord record, CancellationToken cancellationToken)
    {
        var packaged = await VariantsAsync(record.Key, cancellationToken).ConfigureAwait(false);
        var earlier = new List<IReadOnlyList<VariantOffer>>();
        foreach (var release in await Runs.ListReleasedAsync(record.Key, DeltaChoice.Releases, cancellationToken).ConfigureAwait(false))
        {
            earlier.Add(await VariantsAsync(release, cancellationToken).ConfigureAwait(false));
        }

        var mostCommon = await MostCommonAsync(record.Channel, cancellationToken).ConfigureAwait(false);
        return DeltaPlan.Make(packaged, earlier, mostCommon);
    }

    private async Task<IReadOnlyList<VariantOffer>> VariantsAsync(RunKey run, CancellationToken cancellationToken) =>
        (await Runs.FindAsync<PackageResult>(run, PackageResult.Row, cancellationToken).ConfigureAwait(false))?.Value.Variants ?? [];

    /// <summary>For each name of a variant the manifest that most devices of the channel run.</summary>
    private async Task<IReadOnlyDictionary<string, Digest>> MostCommonAsync(ChannelName channel, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, Digest>();
        foreach (
            var manifest in DeltaPlan.ByUse(await devices.ListAsync(channel, cancellationToken).ConfigureAwait(false)).Take(MostRunning))
        {
            try
            {
                found.TryAdd((await ManifestAsync(manifest, cancellationToken).ConfigureAwait(false)).Variant, manifest);
            }
            catch (Exception fault) when (fault is FileNotFoundException or PackageFormatException)
            {
                // A device may run what is no longer stored here, and may say what is not true.
            }
        }

        return found;
    }

    /// <summary>The deltas to one variant. The disk holds that variant, one base and one delta at a time.</summary>
    private async Task<IReadOnlyList<DeltaOffer>> MakeAsync(RunKey run, IReadOnlyList<DeltaPair> pairs, CancellationToken cancellationToken)
    {
        using var work = new WorkFolder(options.WorkFolder);
        var copies = new LocalCopies(_packages, work.Folder("blobs"));
        var wanted = await ManifestAsync(pairs[0].To, cancellationToken).ConfigureAwait(false);
        var keep = wanted.Files.Select(file => file.Digest).Append(pairs[0].To).ToHashSet();
        var offers = new List<DeltaOffer>();
        foreach (var pair in pairs)
        {
            if (await TryMakeAsync(run, pair, copies, work.Folder("delta"), cancellationToken).ConfigureAwait(false) is { } offer)
            {
                offers.Add(offer);
            }

            copies.KeepOnly(keep);
        }

        return offers;
    }

    private async Task<DeltaOffer?> TryMakeAsync(
        RunKey run,
        DeltaPair pair,
        LocalCopies copies,
        string folder,
        CancellationToken cancellationToken)
    {
        try
        {
            return await DeltaPackager.WriteAsync(pair.From, pair.To, copies, folder, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or RequestFailedException or AggregateException))
        {
            // Storage that fails is asked again with the message; everything else lies in this pair and would come again.
            Log.DeltaLeftOut(log, run.Model, run.Version, pair.Variant, pair.From, fault.Message);
            return null;
        }
    }

    private async Task<VariantManifest> ManifestAsync(Digest digest, CancellationToken cancellationToken) =>
        ReleaseReader.ReadManifest(await _packages.ReadAsync(digest, Limits.ManifestBytes, cancellationToken).ConfigureAwait(false));
}
