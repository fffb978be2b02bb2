using System.Diagnostics;
using SlmOps.Contracts;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Quantize;

/// <summary>Builds one variant of an accepted model.</summary>
internal sealed class QuantizeStage(
    ArtifactBlobs artifacts, RunStore runs, PipelineOptions options, TimeProvider time, ILogger<QuantizeStage> log)
{
    internal async Task RunAsync(RunKey run, string variant, CancellationToken cancellationToken)
    {
        var row = QuantizeResult.Row(variant);
        if (await runs.FindAsync<QuantizeResult>(run, row, cancellationToken).ConfigureAwait(false) is not null)
        {
            await runs.RelayAsync(run, cancellationToken).ConfigureAwait(false);
            return;
        }

        var started = time.GetTimestamp();
        var record = await runs.RequireRunAsync(run, cancellationToken).ConfigureAwait(false);
        var wanted = record.Manifest.Variants.FirstOrDefault(planned => planned.Name == variant)
            ?? throw new InvalidDataException($"The run {run} has no variant '{variant}'.");
        var built = wanted.Recipe == VariantRequest.Original
            ? Keep(record, wanted)
            : await BuildAsync(record, wanted, cancellationToken).ConfigureAwait(false);
        var result = built with { ElapsedMs = (long)time.GetElapsedTime(started).TotalMilliseconds };
        await runs.CompleteAsync(run, row, result, Entries(run, result), cancellationToken).ConfigureAwait(false);
        Log.VariantBuilt(log, run.Model, run.Version, variant, wanted.Recipe, result.Bytes, result.ElapsedMs);
    }

    /// <summary>The original needs no work: its files are artifacts already.</summary>
    private static QuantizeResult Keep(RunRecord record, VariantRequest wanted)
    {
        var files = ModelFiles.Original(record);
        return new(wanted.Name, wanted.Recipe, files, files.Sum(file => file.Size), 1, ModelFiles.OriginalMinimumOrt, 0, 0, [], 0);
    }

    private async Task<QuantizeResult> BuildAsync(RunRecord record, VariantRequest wanted, CancellationToken cancellationToken)
    {
        using var work = new WorkFolder(options.WorkFolder);
        var source = work.Folder("source");
        var originals = ModelFiles.Of(record);
        await artifacts.LoadAsync(originals, source, cancellationToken).ConfigureAwait(false);
        try
        {
            using var sink = artifacts.Sink();
            var report = ModelQuantizer.Quantize(
                WorkFolder.PathOf(source, record.Manifest.Model!), ModelFiles.Model, sink, wanted.ToOptions(options.Threads), progress: null,
                cancellationToken);
            var files = await sink.StoreAsync(cancellationToken).ConfigureAwait(false);
            var bytes = files.Sum(file => file.Size);
            var quantized = report.Tensors.Count(tensor => tensor.RelativeError is not null);
            return new(wanted.Name, wanted.Recipe, files, bytes, (double)bytes / originals.Sum(file => file.Size),
                report.MinimumOrt, quantized, report.Tensors.Count - quantized, [], 0);
        }
        catch (ModelQuantizationException refused)
        {
            var problems = refused.Problems.Select(problem => new Problem(problem.Code, problem.Message, problem.Cure, problem.File));
            return new(wanted.Name, wanted.Recipe, [], 0, 0, "", 0, 0, [.. problems], 0);
        }
    }

    private List<OutboxEntry> Entries(RunKey run, QuantizeResult result)
    {
        var next = OutboxEntry.Order(Flow.Queues.Validate, new(StageMessage.CurrentSchema, run.ToString(), result.Variant, Activity.Current?.Id));
        return result.Files.Count == 0
            ? [next]
            : [
                OutboxEntry.Fact(
                    EventTypes.ModelQuantized,
                    $"models/{run.Model}/{run.Version}/variants/{result.Variant}",
                    "",
                    new ModelQuantized(run.Model, run.Version, result.Variant, result.Recipe, result.Bytes, result.Ratio, result.Digest),
                    time.GetUtcNow()),
                next,
            ];
    }
}
