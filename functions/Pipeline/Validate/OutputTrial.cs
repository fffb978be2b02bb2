using SlmOps.Contracts;
using SlmOps.Inference.Sandbox;
using SlmOps.Inference.Smoke;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Sandboxes;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Validate;

/// <summary>Judges variants of a model without a text by their outputs beside the original's, on the same inputs.</summary>
internal sealed class OutputTrial(ArtifactBlobs artifacts, BaselineVerdict original, ModelSandboxes sandboxes, PipelineOptions options)
{
    // Made up tokens that a language model without a text is compared on, in both models and for the speed.
    private const int SampleTokens = 8192;

    /// <summary>Figures of a variant, and what it says of smoke prompts or makes of sample inputs.</summary>
    /// <param name="record">The run.</param>
    /// <param name="built">The variant.</param>
    /// <param name="candidatePath">Its graph, fetched.</param>
    /// <param name="work">A folder of this invocation.</param>
    /// <param name="meter">Told how far it is.</param>
    /// <param name="cancellationToken">Kills what runs.</param>
    /// <exception cref="SandboxException">When one of the two took the process down.</exception>
    /// <exception cref="BaselineException">When the original did so before.</exception>
    internal async Task<(VariantFigures Figures, SmokeTest? Smoke, SmokeOutputs? Outputs)> RunAsync(
        RunRecord record, QuantizeResult built, string candidatePath, WorkFolder work, StageMeter meter,
        CancellationToken cancellationToken)
    {
        var run = new RunKey(record.Model, record.Version);
        await original.RequireRunnableAsync(run, cancellationToken).ConfigureAwait(false);
        try
        {
            return await CompareAsync(record, built, candidatePath, work, meter, cancellationToken).ConfigureAwait(false);
        }
        catch (SandboxException ended) when (ended.Ending is not SandboxEnding.NotStarted && IsOriginalAlone(record, built))
        {
            throw await original.RefuseAsync(run, work.WithoutPaths(ended.Message), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>True when both sides are the original: then it is to blame, and no other variant can do better.</summary>
    private static bool IsOriginalAlone(RunRecord record, QuantizeResult built) =>
        built.Recipe == VariantRequest.Original && !record.NeedsFloat32Twin;

    private async Task<(VariantFigures Figures, SmokeTest? Smoke, SmokeOutputs? Outputs)> CompareAsync(
        RunRecord record, QuantizeResult built, string candidatePath, WorkFolder work, StageMeter meter,
        CancellationToken cancellationToken)
    {
        var source = work.Folder("source");
        await artifacts
            .LoadAsync(record.Files, source, meter.Begin("read the original", record.Files.Sum(file => file.Size)), cancellationToken)
            .ConfigureAwait(false);
        var baseline = ModelInputs.Baseline(record, WorkFolder.PathOf(source, record.Manifest.Model!), work, cancellationToken);
        var test = record.IsLanguageModel ? SmokePrompts.Read(record, source, null, null) : null;
        var size = new RunSize(
            record.WeightBytes + built.Bytes,
            record.Parameters,
            test is null ? 0 : SampleTokens + SmokePrompts.Tokens(test));
        var sandbox = await sandboxes.StartAsync(size, cancellationToken).ConfigureAwait(false);
        await using (sandbox.ConfigureAwait(false))
        {
            var inputs = ModelInputs.Of(record, source, options.Threads);
            var measured = await sandbox.CompareAsync(baseline, candidatePath, inputs, meter.Begin("compare"), cancellationToken)
                .ConfigureAwait(false);
            var figures = new VariantFigures(
                null, null, null, null, measured.SqnrDb, 1000 / measured.LatencyMs, null, measured.PeakBytes)
            {
                Cosine = measured.Embeddings?.Cosine,
                Neighbours = measured.Embeddings?.Neighbours,
            };
            return test is not null
                ? (figures, await SmokePrompts.AnswerAsync(
                    test, sandbox, candidatePath, new() { Threads = options.Threads }, cancellationToken).ConfigureAwait(false), null)
                : record.IsLanguageModel
                    ? (figures, null, null)
                    : (
                        figures,
                        null,
                        Recorded(await sandbox.RecordRunsAsync(candidatePath, inputs, cancellationToken).ConfigureAwait(false)));
        }
    }

    /// <summary>Runs for devices; null where there is nothing that could be compared.</summary>
    private static SmokeOutputs? Recorded(RecordedRuns recorded) =>
        new SmokeOutputs(SmokeOutputs.CurrentVersion, SmokeBoundsPolicy.Of(recorded), recorded.Runs) is var outputs
        && recorded.Runs.Any(run => run.Outputs.Count > 0) && SmokeRules.Fault(outputs) is null
            ? outputs
            : null;
}
