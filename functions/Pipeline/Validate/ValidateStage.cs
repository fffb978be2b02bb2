using SlmOps.Contracts;
using SlmOps.Inference;
using SlmOps.Inference.Sandbox;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Validate;

/// <summary>Runs a variant, and the original where that was not done yet, in a process of their own, and judges it.</summary>
internal sealed class ValidateStage(
    ArtifactBlobs artifacts, RunStore runs, TextTrial texts, OutputTrial outputs, PipelineOptions options, TimeProvider time,
    ILogger<ValidateStage> log)
    : RunStage<ValidateResult>(runs, time)
{
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
            : await MeasureAsync(record, built.Value, call.Meter, cancellationToken).ConfigureAwait(false);
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

    private async Task<ValidateResult> MeasureAsync(
        RunRecord record, QuantizeResult built, StageMeter meter, CancellationToken cancellationToken)
    {
        using var work = new WorkFolder(options.WorkFolder);
        var candidate = work.Folder("candidate");
        await artifacts.LoadAsync(built.Files, candidate, meter.Begin("read", built.Bytes), cancellationToken).ConfigureAwait(false);
        var candidatePath = Path.Combine(candidate, ModelFiles.Model);
        try
        {
            var (figures, smoke, made) = record is { IsLanguageModel: true, Manifest: { Tokenizer: not null, Evaluation.Text: not null } }
                ? await texts.RunAsync(record, built, candidatePath, work, meter, cancellationToken).ConfigureAwait(false)
                : await outputs.RunAsync(record, built, candidatePath, work, meter, cancellationToken).ConfigureAwait(false);
            var verdict = AcceptancePolicy.Judge(record.Manifest.Acceptance, figures, built.Recipe == VariantRequest.Original);
            return new(built.Variant, verdict, Storable(figures), smoke) { SmokeOutputs = made };
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
