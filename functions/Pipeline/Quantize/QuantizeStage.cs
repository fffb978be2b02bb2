using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;
using SlmOps.Quantizer;

namespace SlmOps.Pipeline.Quantize;

/// <summary>Builds one variant of an accepted model.</summary>
internal sealed class QuantizeStage(
    ArtifactBlobs artifacts, RunStore runs, PipelineOptions options, TimeProvider time, ILogger<QuantizeStage> log)
    : RunStage<QuantizeResult>(runs, time)
{
    private const int MaxLayers = 1024;

    protected override async Task<StageOutcome<QuantizeResult>?> WorkAsync(
        StageCall call,
        RunRecord record,
        CancellationToken cancellationToken)
    {
        var wanted = record.Manifest.Variants.FirstOrDefault(planned => planned.Name == call.Variant)
            ?? throw new InvalidDataException($"The run {call.Run} has no variant '{call.Variant}'.");
        var built = wanted.Options is null
            ? Keep(record, wanted)
            : await BuildAsync(record, wanted, call.Meter, cancellationToken).ConfigureAwait(false);
        return new(built, built.Files.Count == 0
            ? []
            : [Fact(
                EventTypes.ModelQuantized,
                call.Run.SubjectOf(built.Variant),
                new ModelQuantized(record.Model, record.Version, built.Variant, built.Recipe, built.Bytes, built.Ratio, built.Digest))]);
    }

    protected override StageOutcome<QuantizeResult> Without(StageCall call, RunRecord record, Problem problem)
    {
        var wanted = record.Manifest.Variants.First(planned => planned.Name == call.Variant);
        return new(new() { Variant = wanted.Name, Recipe = wanted.Recipe, Problems = [problem] }, []);
    }

    protected override void Report(RunRecord record, QuantizeResult result) =>
        Log.VariantBuilt(log, record.Model, record.Version, result.Variant, result.Recipe, result.Bytes, result.ElapsedMs);

    /// <summary>The original needs no work: its files are artifacts already.</summary>
    private static QuantizeResult Keep(RunRecord record, VariantRequest wanted)
    {
        var files = ModelFiles.Original(record);
        return new()
        {
            Variant = wanted.Name,
            Recipe = wanted.Recipe,
            Files = files,
            Layers = record.Layers,
            Bytes = files.Sum(file => file.Size),
            Ratio = 1,
            MinimumOrt = record.OriginalMinimumOrt,
        };
    }

    // A row of the table holds them all; packaging computes what is not there.
    private static IReadOnlyList<StoredFile> Few(IReadOnlyList<StoredFile> layers) => layers.Count <= MaxLayers ? layers : [];

    private async Task<QuantizeResult> BuildAsync(
        RunRecord record, VariantRequest wanted, StageMeter meter, CancellationToken cancellationToken)
    {
        var originals = ModelFiles.Of(record);
        using var source = await artifacts.OpenAsync(originals, cancellationToken).ConfigureAwait(false);
        try
        {
            using var sink = artifacts.Sink();
            var report = ModelQuantizer.Quantize(
                source,
                record.Manifest.Model!,
                ModelFiles.Model,
                sink,
                wanted.ToOptions(options.Threads),
                new QuantizeMeter(meter),
                cancellationToken);
            var files = await sink.StoreAsync(cancellationToken).ConfigureAwait(false);
            var bytes = files.Sum(file => file.Size);
            var quantized = report.Tensors.Count(tensor => tensor.RelativeError is not null);
            return new()
            {
                Variant = wanted.Name,
                Recipe = wanted.Recipe,
                Files = files,
                Layers = Few(sink.Layers()),
                Bytes = bytes,
                Ratio = (double)bytes / originals.Sum(file => file.Size),
                MinimumOrt = report.MinimumOrt,
                Quantized = quantized,
                Kept = report.Tensors.Count - quantized,
            };
        }
        catch (ModelQuantizationException refused)
        {
            var problems = refused.Problems.Select(problem => new Problem(problem.Code, problem.Message, problem.Cure, problem.File));
            return new() { Variant = wanted.Name, Recipe = wanted.Recipe, Problems = [.. problems] };
        }
    }
}
