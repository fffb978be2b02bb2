using System.Diagnostics;
using System.Globalization;
using SlmOps.Contracts;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Intake;

/// <summary>Turns an upload into a run, or into a rejection that says all that is wrong with it.</summary>
internal sealed class IntakeStage(
    UploadReader uploads, IntakeDrafts drafts, UploadTextReader texts, AdaptIntake adaptations, ArtifactBlobs artifacts, RunStore runs,
    Rejections rejections, PipelineOptions options, TimeProvider time, ILogger<IntakeStage> log)
{
    internal const string Name = StageAttempt.Intake;

    private const string Unread = "unread";
    private const int MaxReads = 3;

    /// <param name="upload">What was uploaded.</param>
    /// <param name="meter">Told how far it is.</param>
    /// <param name="call">The message to the stage as it is for a run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal async Task RunAsync(
        UploadName upload, StageMeter meter, Func<RunKey, StageCall> call, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        meter.Begin("inspect");
        using var work = new WorkFolder(options.WorkFolder);
        string folder;
        FoundUpload found;
        IntakeDraft draft;
        Upload fetched;
        var reads = 0;
        do
        {
            // What is sent again while it is read is read again: each time as it then is.
            folder = work.Folder(string.Create(CultureInfo.InvariantCulture, $"model-{++reads}"));
            found = await uploads.FindAsync(upload, folder, cancellationToken).ConfigureAwait(false);
            (draft, fetched) = await ReadAsync(upload, found, folder, meter, cancellationToken).ConfigureAwait(false);
        }
        while (reads < MaxReads && fetched.Problems.Any(problem => problem.Code == UploadReader.ChangedCode));

        if (Key(upload, fetched) is not { } run)
        {
            // A name that is not safe has no partition of its own.
            await RejectAsync(new("rejected", NameHash(upload)), upload, fetched, [BadName(upload)], cancellationToken)
                .ConfigureAwait(false);
            return;
        }

        if (fetched.Problems.Count > 0)
        {
            await RejectAsync(run, upload, fetched, fetched.Problems, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (await runs.FindAsync<RunRecord>(run, RunRecord.Row, cancellationToken).ConfigureAwait(false) is { } known)
        {
            await AgainAsync(run, upload, fetched, known.Value, cancellationToken).ConfigureAwait(false);
            return;
        }

        var (record, problems) = adaptations.Claims(folder)
            ? await adaptations.DecideAsync(run, upload, fetched, folder, cancellationToken).ConfigureAwait(false)
            : Decide(run, upload, fetched, folder, draft);
        if (record is null)
        {
            await RejectAsync(run, upload, fetched, problems, cancellationToken).ConfigureAwait(false);
            return;
        }

        meter.Begin("copy");
        if (await KeepAsync(found, record, folder, cancellationToken).ConfigureAwait(false) is { } changed)
        {
            await RejectAsync(run, upload, fetched, [changed], cancellationToken).ConfigureAwait(false);
            return;
        }

        record = record with { ReceivedAt = time.GetUtcNow(), IntakeMs = (long)time.GetElapsedTime(started).TotalMilliseconds };
        if (!await runs.CompleteAsync(run, RunRecord.Row, record, Entries(call(run), record), cancellationToken).ConfigureAwait(false))
        {
            var first = await runs.FindAsync<RunRecord>(run, RunRecord.Row, cancellationToken).ConfigureAwait(false);
            await AgainAsync(run, upload, fetched, first!.Value, cancellationToken).ConfigureAwait(false);
            return;
        }

        Log.ModelReceived(log, run.Model, run.Version, record.SourceDigest, record.Files.Sum(file => file.Size));
    }

    /// <summary>Inspects the upload, and reads it once: as it was when it was listed, or there is a problem.</summary>
    private async Task<(IntakeDraft Draft, Upload Fetched)> ReadAsync(
        UploadName upload, FoundUpload found, string folder, StageMeter meter, CancellationToken cancellationToken)
    {
        var nothing = new IntakeDraft(null, [], null, null);
        var draft = nothing;
        if (found.Problems.Count > 0)
        {
            return (nothing, new([], default, found.Problems));
        }

        try
        {
            if (adaptations.Claims(folder))
            {
                var all = found.Files.Select(file => file.Path);
                if (await UploadReader.FetchAsync(found, all, folder, cancellationToken).ConfigureAwait(false) is { } changed)
                {
                    return (nothing, new([], default, [changed]));
                }
            }
            else if (RunKey.Of(upload.Model, upload.Version ?? Unread) is { } run)
            {
                draft = await drafts.MakeAsync(run, found, folder, cancellationToken).ConfigureAwait(false);
            }

            var part = meter.Begin("read", found.Files.Sum(file => file.Blob.Length));
            return (
                draft,
                await UploadDigests.ReadAsync(found, draft.Plan, draft.Manifest?.Model, part, cancellationToken).ConfigureAwait(false));
        }
        catch (BlobChangedException changed)
        {
            return (nothing, new([], default, [UploadReader.Changed(changed)]));
        }
    }

    /// <summary>Puts the files among the artifacts: what lies here is sent, the model's files are copied by storage.</summary>
    /// <returns>What happened to the upload meanwhile, or null.</returns>
    private async Task<Problem?> KeepAsync(
        FoundUpload found, RunRecord record, string folder, CancellationToken cancellationToken)
    {
        var blobs = found.Blobs;
        var sent = await artifacts.SaveAsync(folder, cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var file in record.Files.Where(file => !sent.Any(here => here.Path == file.Path && here.Digest == file.Digest)))
            {
                await artifacts.CopyAsync(blobs[file.Path], file.Digest, cancellationToken).ConfigureAwait(false);
            }

            return null;
        }
        catch (BlobChangedException changed)
        {
            return UploadReader.Changed(changed);
        }
    }

    private (RunRecord? Record, IReadOnlyList<Problem> Problems) Decide(
        RunKey run, UploadName upload, Upload fetched, string folder, IntakeDraft draft)
    {
        if (draft is not { Manifest: { } manifest, Inspection: { } inspection })
        {
            return (null, draft.Problems);
        }

        var read = texts.Read(manifest, folder, inspection.Facts is { } found && IntakePolicy.IsLanguageModel(found));
        var problems = IntakePolicy.Judge(manifest, inspection, read);
        if (problems.Count > 0 || inspection.Facts is not { } facts)
        {
            return (null, problems);
        }

        var (usable, warnings) = IntakePolicy.WithoutUnusable(manifest, facts, read);
        return (new()
        {
            Model = run.Model,
            Version = run.Version,
            Upload = $"{upload.Container}/{upload.Blob}",
            SourceDigest = fetched.SourceDigest,
            Files = fetched.Files,
            Layers = fetched.Layers,
            WeightFiles = Beside(manifest.Model!, facts.ExternalFiles),
            Manifest = usable,
            IsLanguageModel = IntakePolicy.IsLanguageModel(facts),
            Parameters = facts.Parameters,
            WeightBytes = facts.WeightBytes,
            CreatedAt = fetched.NewestAt,
            Traceparent = Activity.Current?.Id,
            OriginalMinimumOrt = ModelFiles.OriginalMinimumOrt(facts),
            Warnings = warnings,
            TableRows = facts.Inputs.Where(input => input.Rows is not null).ToDictionary(input => input.Name, input => input.Rows!.Value),
            NeedsFloat32Twin = Float32Twin.IsNeeded(facts),
        }, []);
    }

    /// <summary>External data is named relative to the graph's folder; the upload's paths are relative to its root.</summary>
    internal static IReadOnlyList<string> Beside(string model, IReadOnlyList<string> externalFiles)
    {
        var folder = model.LastIndexOf('/') is var slash and > 0 ? model[..(slash + 1)] : "";
        return [.. externalFiles.Select(file => folder + file)];
    }

    /// <summary>The version exists: the same bytes are a repeated upload, other bytes are a mistake.</summary>
    private Task AgainAsync(RunKey run, UploadName upload, Upload fetched, RunRecord known, CancellationToken cancellationToken) =>
        known.SourceDigest == fetched.SourceDigest
            ? runs.RelayAsync(run, cancellationToken)
            : RejectAsync(run, upload, fetched,
                [new("version-exists", $"{run.Model} {run.Version} was uploaded before with other bytes; a version never changes.",
                    "Upload under a new version.")], cancellationToken);

    private async Task RejectAsync(
        RunKey run, UploadName upload, Upload fetched, IReadOnlyList<Problem> problems, CancellationToken cancellationToken)
    {
        problems = ProblemLimits.Apply(problems);
        var data = new ModelRejected(
            upload.Model,
            upload.Version ?? (run.Model == upload.Model ? run.Version : ""),
            $"{upload.Container}/{upload.Blob}",
            Name,
            problems);
        var occurrence = Digest
            .Of(
                System.Text.Encoding.UTF8.GetBytes(
                    $"{data.Upload}\n{fetched.SourceDigest}\n{string.Join('\n', problems.Select(problem => problem.Message))}"))
            .Hex[..16];
        await rejections.AddAsync(run, data, occurrence, cancellationToken).ConfigureAwait(false);
        await runs.RelayAsync(run, cancellationToken).ConfigureAwait(false);
        Log.ModelRejected(log, run.Model, run.Version, Name, string.Join(" ", problems.Select(problem => problem.Message)));
    }

    private List<OutboxEntry> Entries(StageCall call, RunRecord record)
    {
        var received = new ModelReceived(
            record.Model, record.Version, record.SourceDigest, record.Files.Sum(file => file.Size), record.Parameters,
            [.. record.Manifest.Variants.Select(variant => variant.Name)]);
        return [OutboxEntry.Fact(EventTypes.ModelReceived, call.Run.Subject, "", received, time.GetUtcNow()), .. call.Orders(record)];
    }

    private static RunKey? Key(UploadName upload, Upload fetched)
    {
        var version = upload.Version
            ?? (fetched.Files is [var model] ? UploadName.VersionFrom(model.Digest) : Unread);
        return RunKey.Of(upload.Model, version);
    }

    private static string NameHash(UploadName upload) =>
        Digest.Of(System.Text.Encoding.UTF8.GetBytes($"{upload.Container}/{upload.Blob}")).Hex[..16];

    private static Problem BadName(UploadName upload) => new(
        "name-unsafe",
        $"'{upload.Model}' or '{upload.Version}' cannot be the name or version of a model: {SafeName.Rule}.",
        upload.Container == Containers.Drop
            ? "Rename the file to {name}-{version}.onnx."
            : "Upload to models/{name}/{version}/.",
        upload.Blob);
}
