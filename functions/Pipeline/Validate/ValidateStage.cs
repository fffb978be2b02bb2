using SlmOps.Contracts;
using SlmOps.Inference;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Validate;

/// <summary>Runs a variant beside the original in ONNX Runtime and judges it.</summary>
internal sealed class ValidateStage(
    ArtifactBlobs artifacts, RunStore runs, PipelineOptions options, TimeProvider time, ILogger<ValidateStage> log)
    : RunStage<ValidateResult>(runs, time)
{
    private static readonly VariantFigures NoFigures = new(null, null, null, null, null, null, null, null);

    protected override async Task<StageOutcome<ValidateResult>?> WorkAsync(StageCall call, RunRecord record, CancellationToken cancellationToken)
    {
        var variant = call.Variant!;
        var built = await Runs.FindAsync<QuantizeResult>(call.Run, QuantizeResult.Row(variant), cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidDataException($"The variant '{variant}' of {call.Run} was not built.");
        return Outcome(call, built.Value.Problems.Count > 0
            ? new(variant, new(false, built.Value.Problems[0].Message), NoFigures, null)
            : await MeasureAsync(record, built.Value, cancellationToken).ConfigureAwait(false));
    }

    protected override StageOutcome<ValidateResult> Without(StageCall call, RunRecord record, Problem problem) =>
        Outcome(call, new(call.Variant!, new(false, problem.Message), NoFigures, null));

    protected override void Report(RunRecord record, ValidateResult result) => Log.VariantJudged(
        log, record.Model, record.Version, result.Variant, result.Verdict.Accepted, result.Verdict.Reason, result.ElapsedMs);

    private StageOutcome<ValidateResult> Outcome(StageCall call, ValidateResult result) => new(result, [Fact(
        EventTypes.ModelValidated,
        call.Run.SubjectOf(result.Variant),
        new ModelValidated(call.Run.Model, call.Run.Version, result.Variant, result.Verdict.Accepted, result.Verdict.Reason, result.Figures))]);

    private async Task<ValidateResult> MeasureAsync(RunRecord record, QuantizeResult built, CancellationToken cancellationToken)
    {
        using var work = new WorkFolder(options.WorkFolder);
        var source = work.Folder("source");
        var candidate = work.Folder("candidate");
        await artifacts.LoadAsync(record.Files, source, cancellationToken).ConfigureAwait(false);
        await artifacts.LoadAsync(built.Files, candidate, cancellationToken).ConfigureAwait(false);
        var isOriginal = built.Recipe == VariantRequest.Original;
        var candidatePath = Path.Combine(candidate, ModelFiles.Model);
        try
        {
            var baselinePath = ModelInputs.Baseline(record, WorkFolder.PathOf(source, record.Manifest.Model!), work, cancellationToken);
            var (figures, smoke) = record is { IsLanguageModel: true, Manifest: { Tokenizer: not null, Evaluation.Text: not null } }
                ? Language(record, source, baselinePath, candidatePath, cancellationToken)
                : Outputs(record, source, baselinePath, candidatePath, cancellationToken);
            var verdict = AcceptancePolicy.Judge(record.Manifest.Acceptance, figures, isOriginal);
            return new(built.Variant, verdict, Storable(figures), smoke);
        }
        // Only the opened model can tell that the upload's tokens or prompts do not fit it: an ArgumentException there.
        catch (Exception refused) when (refused is ModelOpenException or InferenceException or TokenizerException or SampleFilesException or ArgumentException)
        {
            return new(built.Variant, new(false, work.WithoutPaths(refused.Message)), NoFigures, null);
        }
    }

    private (VariantFigures Figures, SmokeTest? Smoke) Language(
        RunRecord record, string source, string baselinePath, string candidatePath, CancellationToken cancellationToken)
    {
        var tokenizer = Tokenizer.Load(WorkFolder.PathOf(source, record.Manifest.Tokenizer!));
        var tokens = UploadTextReader.EvaluationTokens(record.Manifest, source, tokenizer);
        var measured = Evaluation.Compare(
            baselinePath,
            candidatePath,
            tokens,
            new EvaluationOptions { WindowTokens = record.Manifest.Evaluation.WindowTokens, Model = new() { Threads = options.Threads } },
            progress: null,
            cancellationToken);
        var figures = new VariantFigures(
            measured.Perplexity, measured.PerplexityChange, measured.Kl, measured.Top1Agreement, null,
            measured.TokensPerSecond, measured.PrefillTokensPerSecond, measured.PeakBytes);
        return (figures, Smoke(record, source, candidatePath, tokenizer, tokens, cancellationToken));
    }

    private (VariantFigures Figures, SmokeTest? Smoke) Outputs(
        RunRecord record, string source, string baselinePath, string candidatePath, CancellationToken cancellationToken)
    {
        var measured = OutputComparison.Compare(
            baselinePath, candidatePath, ModelInputs.Of(record, source, options.Threads), progress: null, cancellationToken);
        var figures = new VariantFigures(
            null, null, null, null, measured.SqnrDb, 1000 / measured.LatencyMs, null, measured.PeakBytes)
        {
            Cosine = measured.Embeddings?.Cosine,
            Neighbours = measured.Embeddings?.Neighbours,
        };
        var smoke = record.IsLanguageModel ? Smoke(record, source, candidatePath, null, null, cancellationToken) : null;
        return (figures, smoke);
    }

    private SmokeTest? Smoke(
        RunRecord record, string source, string candidatePath, Tokenizer? tokenizer, IReadOnlyList<int>? tokens,
        CancellationToken cancellationToken)
    {
        if (SmokePrompts.Read(record, source, tokenizer, tokens) is not { } test)
        {
            return null;
        }

        using var model = LanguageModel.Open(candidatePath, new LanguageModelOptions { Threads = options.Threads });
        return SmokePrompts.Answer(test, model, cancellationToken);
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
