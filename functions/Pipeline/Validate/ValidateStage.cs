using System.Diagnostics;
using SlmOps.Contracts;
using SlmOps.Inference;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Outbox;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Validate;

/// <summary>Runs a variant beside the original in ONNX Runtime and judges it.</summary>
internal sealed class ValidateStage(
    ArtifactBlobs artifacts, RunStore runs, PipelineOptions options, TimeProvider time, ILogger<ValidateStage> log)
{
    private static readonly VariantFigures NoFigures = new(null, null, null, null, null, null, null, null);

    internal async Task RunAsync(RunKey run, string variant, CancellationToken cancellationToken)
    {
        var row = ValidateResult.Row(variant);
        if (await runs.FindAsync<ValidateResult>(run, row, cancellationToken).ConfigureAwait(false) is not null)
        {
            await runs.RelayAsync(run, cancellationToken).ConfigureAwait(false);
            return;
        }

        var started = time.GetTimestamp();
        var record = await runs.RequireRunAsync(run, cancellationToken).ConfigureAwait(false);
        var built = await runs.FindAsync<QuantizeResult>(run, QuantizeResult.Row(variant), cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidDataException($"The variant '{variant}' of {run} was not built.");
        var judged = built.Value.Problems.Count > 0
            ? new ValidateResult(variant, new(false, built.Value.Problems[0].Message), NoFigures, null, 0)
            : await MeasureAsync(record, built.Value, cancellationToken).ConfigureAwait(false);
        var result = judged with { ElapsedMs = (long)time.GetElapsedTime(started).TotalMilliseconds };
        await runs.CompleteAsync(run, row, result, Entries(run, result), cancellationToken).ConfigureAwait(false);
        Log.VariantJudged(log, run.Model, run.Version, variant, result.Verdict.Accepted, result.Verdict.Reason, result.ElapsedMs);
    }

    private async Task<ValidateResult> MeasureAsync(RunRecord record, QuantizeResult built, CancellationToken cancellationToken)
    {
        using var work = new WorkFolder(options.WorkFolder);
        var source = work.Folder("source");
        var candidate = work.Folder("candidate");
        await artifacts.LoadAsync(record.Files, source, cancellationToken).ConfigureAwait(false);
        await artifacts.LoadAsync(built.Files, candidate, cancellationToken).ConfigureAwait(false);
        var isOriginal = built.Recipe == VariantRequest.Original;
        var baselinePath = WorkFolder.PathOf(source, record.Manifest.Model!);
        var candidatePath = Path.Combine(candidate, ModelFiles.Model);
        try
        {
            var (figures, smoke) = record is { IsLanguageModel: true, Manifest: { Tokenizer: not null, Evaluation.Text: not null } }
                ? Language(record, source, baselinePath, candidatePath, cancellationToken)
                : Outputs(record, source, baselinePath, candidatePath, cancellationToken);
            var verdict = AcceptancePolicy.Judge(record.Manifest.Acceptance, figures, isOriginal);
            return new(built.Variant, verdict, Storable(figures), smoke, 0);
        }
        // Only the opened model can tell that the upload's tokens or prompts do not fit it: an ArgumentException there.
        catch (Exception refused) when (refused is ModelOpenException or InferenceException or TokenizerException or ArgumentException)
        {
            return new(built.Variant, new(false, refused.Message), NoFigures, null, 0);
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
            baselinePath, candidatePath, new OutputComparisonOptions { Threads = options.Threads }, progress: null, cancellationToken);
        var figures = new VariantFigures(
            null, null, null, null, measured.SqnrDb, 1000 / measured.LatencyMs, null, measured.PeakBytes);
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
            Finite(figures.SqnrDb), Finite(figures.TokensPerSecond), Finite(figures.PrefillTokensPerSecond), figures.PeakBytes);

        static double? Finite(double? figure) => figure is { } value && double.IsFinite(value) ? value : null;
    }

    private List<OutboxEntry> Entries(RunKey run, ValidateResult result) =>
    [
        OutboxEntry.Fact(
            EventTypes.ModelValidated,
            $"models/{run.Model}/{run.Version}/variants/{result.Variant}",
            "",
            new ModelValidated(run.Model, run.Version, result.Variant, result.Verdict.Accepted, result.Verdict.Reason, result.Figures),
            time.GetUtcNow()),
        OutboxEntry.Order(Flow.Queues.Package, new(StageMessage.CurrentSchema, run.ToString(), null, Activity.Current?.Id)),
    ];
}
