using SlmOps.Contracts;
using SlmOps.Inference;
using SlmOps.Inference.Sandbox;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Sandboxes;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Validate;

/// <summary>Runs a variant, and the original where that was not done yet, in a process of their own, and judges it.</summary>
internal sealed class ValidateStage(
    ArtifactBlobs artifacts, RunStore runs, TextTrial texts, ModelSandboxes sandboxes, PipelineOptions options, TimeProvider time,
    ILogger<ValidateStage> log)
    : RunStage<ValidateResult>(runs, time)
{
    // Made up tokens that a language model without a text is compared on, in both models and for the speed.
    private const int SampleTokens = 8192;

    private static readonly VariantFigures NoFigures = new(null, null, null, null, null, null, null, null);

    protected override async Task<StageOutcome<ValidateResult>?> WorkAsync(
        StageCall call,
        RunRecord record,
        CancellationToken cancellationToken)
    {
        var variant = call.Variant!;
        var built = await Runs.FindAsync<QuantizeResult>(call.Run, QuantizeResult.Row(variant), cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidDataException($"The variant '{variant}' of {call.Run} was not built.");
        var result = built.Value.Problems.Count > 0
            ? new ValidateResult(variant, new(false, built.Value.Problems[0].Message), NoFigures, null)
            : await MeasureAsync(record, built.Value, cancellationToken).ConfigureAwait(false);
        await ForgetAsync(call.Run, record, variant, cancellationToken).ConfigureAwait(false);
        return Outcome(call, result);
    }

    protected override StageOutcome<ValidateResult> Without(StageCall call, RunRecord record, Problem problem) =>
        Outcome(call, new(call.Variant!, new(false, problem.Message), NoFigures, null));

    protected override void Report(RunRecord record, ValidateResult result) => Log.VariantJudged(
        log, record.Model, record.Version, result.Variant, result.Verdict.Accepted, result.Verdict.Reason, result.ElapsedMs);

    private StageOutcome<ValidateResult> Outcome(StageCall call, ValidateResult result) =>
        new(
            result,
            [
                Fact(
                    EventTypes.ModelValidated,
                    call.Run.SubjectOf(result.Variant),
                    new ModelValidated(
                        call.Run.Model,
                        call.Run.Version,
                        result.Variant,
                        result.Verdict.Accepted,
                        result.Verdict.Reason,
                        result.Figures)),
            ]);

    private async Task<ValidateResult> MeasureAsync(RunRecord record, QuantizeResult built, CancellationToken cancellationToken)
    {
        using var work = new WorkFolder(options.WorkFolder);
        var candidate = work.Folder("candidate");
        await artifacts.LoadAsync(built.Files, candidate, cancellationToken).ConfigureAwait(false);
        var candidatePath = Path.Combine(candidate, ModelFiles.Model);
        try
        {
            var (figures, smoke) = record is { IsLanguageModel: true, Manifest: { Tokenizer: not null, Evaluation.Text: not null } }
                ? await texts.RunAsync(record, built, candidatePath, work, cancellationToken).ConfigureAwait(false)
                : await OutputsAsync(record, built, candidatePath, work, cancellationToken).ConfigureAwait(false);
            var verdict = AcceptancePolicy.Judge(record.Manifest.Acceptance, figures, built.Recipe == VariantRequest.Original);
            return new(built.Variant, verdict, Storable(figures), smoke);
        }
        // Only the opened model can tell that the upload's tokens or prompts do not fit it: an ArgumentException there.
        catch (Exception refused)
            when (refused
                    is ModelOpenException
                        or InferenceException
                        or TokenizerException
                        or ArgumentException
                        or BaselineException
                        or SandboxException { Ending: not SandboxEnding.NotStarted }
            )
        {
            return new(built.Variant, new(false, work.WithoutPaths(refused.Message)), NoFigures, null);
        }
    }

    private async Task<(VariantFigures Figures, SmokeTest? Smoke)> OutputsAsync(
        RunRecord record, QuantizeResult built, string candidatePath, WorkFolder work, CancellationToken cancellationToken)
    {
        var source = work.Folder("source");
        await artifacts.LoadAsync(record.Files, source, cancellationToken).ConfigureAwait(false);
        var baseline = ModelInputs.Baseline(record, WorkFolder.PathOf(source, record.Manifest.Model!), work, cancellationToken);
        var test = record.IsLanguageModel ? SmokePrompts.Read(record, source, null, null) : null;
        var size = new RunSize(
            record.WeightBytes + built.Bytes,
            record.Parameters,
            test is null ? 0 : SampleTokens + SmokePrompts.Tokens(test));
        var sandbox = await sandboxes.StartAsync(size, cancellationToken).ConfigureAwait(false);
        await using (sandbox.ConfigureAwait(false))
        {
            var measured = await sandbox.CompareAsync(
                baseline, candidatePath, ModelInputs.Of(record, source, options.Threads), progress: null, cancellationToken)
                .ConfigureAwait(false);
            var figures = new VariantFigures(
                null, null, null, null, measured.SqnrDb, 1000 / measured.LatencyMs, null, measured.PeakBytes)
            {
                Cosine = measured.Embeddings?.Cosine,
                Neighbours = measured.Embeddings?.Neighbours,
            };
            return (figures, test is null ? null : await SmokePrompts.AnswerAsync(
                test, sandbox, candidatePath, new() { Threads = options.Threads }, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>The last verdict of a run ends what was kept for all of them.</summary>
    private async Task ForgetAsync(RunKey run, RunRecord record, string variant, CancellationToken cancellationToken)
    {
        var judged = await Runs.ListAsync<ValidateResult>(run, ValidateResult.Prefix, cancellationToken).ConfigureAwait(false);
        if (record.Manifest.Variants.All(planned => planned.Name == variant || judged.Any(other => other.Variant == planned.Name)))
        {
            texts.Forget(record);
        }
    }

    /// <summary>JSON has no NaN and no infinity; the verdict says that the figure was not finite.</summary>
    private static VariantFigures Storable(VariantFigures figures)
    {
        return new(
            Finite(figures.Perplexity), Finite(figures.PerplexityChange), Finite(figures.Kl), Finite(figures.Top1Agreement),
            Finite(figures.SqnrDb), Finite(figures.TokensPerSecond), Finite(figures.PrefillTokensPerSecond), figures.PeakBytes)
        {
            Cosine = Finite(figures.Cosine),
            Neighbours = Finite(figures.Neighbours),
        };

        static double? Finite(double? figure) => figure is { } value && double.IsFinite(value) ? value : null;
    }
}
