using System.Diagnostics;
using SlmOps.Contracts;
using SlmOps.Pipeline.Channels;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Intake;

/// <summary>Intake's part for an upload that adapts a model: which base, which channel, which files.</summary>
internal sealed class AdaptIntake(RunStore runs, RolloutStore rollouts, PipelineOptions options)
{
    /// <summary>True when the folder's <c>slmops.json</c> says that it adapts a model.</summary>
    internal bool Claims(string folder)
    {
        var manifest = new FileInfo(Path.Combine(folder, UploadName.ManifestFile));
        return manifest.Exists && manifest.Length <= options.MaxTextBytes && AdaptReader.IsAdaptation(File.ReadAllBytes(manifest.FullName));
    }

    internal async Task<(RunRecord? Record, IReadOnlyList<Problem> Problems)> DecideAsync(
        RunKey run, UploadName upload, Upload fetched, string folder, CancellationToken cancellationToken)
    {
        var (request, requestProblems) = AdaptReader.Read(
            await File.ReadAllBytesAsync(Path.Combine(folder, UploadName.ManifestFile), cancellationToken).ConfigureAwait(false),
            UploadName.ManifestFile,
            run);
        var (adapters, patches, fileProblems) = AdaptFiles.Sort(fetched.Files, request?.LocalLayer ?? true, folder);
        var (basis, baseProblem) = request is null ? (null, null) : await FindBaseAsync(request, cancellationToken).ConfigureAwait(false);
        Problem[] problems = [.. requestProblems, .. fileProblems, .. baseProblem is null ? Array.Empty<Problem>() : [baseProblem]];
        if (problems.Length > 0)
        {
            return (null, problems);
        }

        var adaptation = new Adaptation(
            basis!.Release.Model, basis.Release.Version, request!.Channel ?? basis.Channel, request.Selector, request.LocalLayer,
            request.SoakSeconds, adapters, patches);
        return (new()
        {
            Model = run.Model,
            Version = run.Version,
            Upload = $"{upload.Container}/{upload.Blob}",
            SourceDigest = fetched.SourceDigest,
            Files = fetched.Files,
            WeightFiles = [],
            Manifest = UploadManifest.Default with
            {
                Variants = [],
                Rollout = RolloutRequest.Default with { Channel = adaptation.Channel },
            },
            IsLanguageModel = false,
            Parameters = 0,
            WeightBytes = 0,
            CreatedAt = fetched.NewestAt,
            Traceparent = Activity.Current?.Id,
            Adapts = adaptation,
        }, []);
    }

    private async Task<(ReleaseResult? Base, Problem? Problem)> FindBaseAsync(AdaptRequest request, CancellationToken cancellationToken)
    {
        var version = request.Version;
        if (version is null)
        {
            var channel = request.Channel ?? ChannelName.Of(request.Model);
            var stable = (await rollouts.FindChannelAsync(channel, cancellationToken).ConfigureAwait(false))?.Value.Stable;
            if (stable?.Model != request.Model)
            {
                return (null, new("base-unknown", stable is null
                        ? $"The channel '{channel}' runs nothing as stable yet, so there is no version of '{request.Model}' to adapt."
                        : $"The channel '{channel}' runs '{stable.Model}', not '{request.Model}'.",
                    "Name the base as \"version\" in \"adapts\", or the channel that runs it as \"channel\".", UploadName.ManifestFile));
            }

            version = stable.Version;
        }

        return
            await runs.FindAsync<ReleaseResult>(new(request.Model, version), ReleaseResult.Row, cancellationToken).ConfigureAwait(false)
                is { } released
            ? (released.Value, null)
            : (
                null,
                new(
                    "base-unknown",
                    $"There is no release {version} of the model '{request.Model}'.",
                    "Upload the model first and wait until it is released, or correct \"model\" and \"version\" in \"adapts\".",
                    UploadName.ManifestFile));
    }
}
