using System.Globalization;
using System.Text;
using SlmOps.Contracts;
using SlmOps.Inference;
using SlmOps.Inference.Sandbox;
using SlmOps.Pipeline.Intake;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Sandboxes;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Validate;

/// <summary>
/// Judges variants of a language model by the upload's text. What the original predicts is made once a run; a variant
/// that comes later does not even fetch the original.
/// </summary>
internal sealed class TextTrial(
    ArtifactBlobs artifacts, BaselineVerdict baseline, ModelSandboxes sandboxes, PredictionCache predictions, PipelineOptions options)
{
    // Prompts and windows of the speed measurement, beside the text itself.
    private const int SpeedTokens = 4096;

    /// <summary>Figures of a variant and its answers to the smoke prompts.</summary>
    /// <param name="record">The run.</param>
    /// <param name="built">The variant.</param>
    /// <param name="candidatePath">Its graph, fetched.</param>
    /// <param name="work">A folder of this invocation.</param>
    /// <param name="meter">Told how far it is.</param>
    /// <param name="cancellationToken">Kills what runs.</param>
    /// <exception cref="SandboxException">When the variant took its process down.</exception>
    /// <exception cref="BaselineException">When the original cannot be run.</exception>
    internal async Task<(VariantFigures Figures, SmokeTest? Smoke, SmokeOutputs? Outputs)> RunAsync(
        RunRecord record, QuantizeResult built, string candidatePath, WorkFolder work, StageMeter meter,
        CancellationToken cancellationToken)
    {
        var run = new RunKey(record.Model, record.Version);
        await baseline.RequireRunnableAsync(run, cancellationToken).ConfigureAwait(false);
        var texts = work.Folder("texts");
        await artifacts.LoadAsync(record.Files.Where(file => IsText(record, file.Path)), texts, cancellationToken).ConfigureAwait(false);
        var tokenizer = Tokenizer.Load(WorkFolder.PathOf(texts, record.Manifest.Tokenizer!));
        var tokens = UploadTextReader.EvaluationTokens(record.Manifest, texts, tokenizer);
        var smoke = SmokePrompts.Read(record, texts, tokenizer, tokens);
        var isOriginal = built.Recipe == VariantRequest.Original;
        var evaluation = new EvaluationOptions
        {
            WindowTokens = record.Manifest.Evaluation.WindowTokens,
            Model = new() { Threads = options.Threads },
            MeasureBaselineSpeed = false,
            CandidateIsBaseline = isOriginal,
        };
        var size = new RunSize(
            record.WeightBytes + built.Bytes,
            record.Parameters,
            tokens.Count + SpeedTokens + SmokePrompts.Tokens(smoke));
        var sandbox = await sandboxes.StartAsync(size, cancellationToken).ConfigureAwait(false);
        await using (sandbox.ConfigureAwait(false))
        {
            var path = await predictions
                .GetAsync(
                    KeyOf(record),
                    target => PredictAsync(
                        run, record, sandbox, tokens, target, evaluation, isOriginal ? candidatePath : null, work, meter,
                        cancellationToken),
                    cancellationToken)
                .ConfigureAwait(false);
            var measured = await sandbox
                .JudgeAsync(candidatePath, path, tokens, evaluation, meter.Begin("judge"), cancellationToken)
                .ConfigureAwait(false);
            var figures = new VariantFigures(
                measured.Perplexity,
                measured.PerplexityChange,
                measured.Kl,
                measured.Top1Agreement,
                null,
                measured.TokensPerSecond,
                measured.PrefillTokensPerSecond,
                measured.PeakBytes);
            meter.Begin("answer");
            return (
                figures,
                smoke is null
                    ? null
                    : WithTokenizer(record, await SmokePrompts
                        .AnswerAsync(smoke, sandbox, candidatePath, evaluation.Model, cancellationToken)
                        .ConfigureAwait(false)),
                null);
        }
    }

    private static SmokeTest WithTokenizer(RunRecord record, SmokeTest test) =>
        record.Files.FirstOrDefault(file => file.Path == record.Manifest.Tokenizer) is { } file
            ? test with { Tokenizer = new(file.Path, file.Digest) }
            : test;

    /// <summary>Deletes what is kept of a run whose variants all have their verdicts.</summary>
    internal void Forget(RunRecord record) => predictions.Remove(KeyOf(record));

    private async Task PredictAsync(
        RunKey run,
        RunRecord record,
        ModelSandbox sandbox,
        IReadOnlyList<int> tokens,
        string target,
        EvaluationOptions evaluation,
        string? original,
        WorkFolder work,
        StageMeter meter,
        CancellationToken cancellationToken)
    {
        // The variant that is the original predicts from the file that is judged next, which stays open between the two.
        if (original is null)
        {
            var source = work.Folder("source");
            await artifacts
                .LoadAsync(record.Files, source, meter.Begin("read the original", record.Files.Sum(file => file.Size)), cancellationToken)
                .ConfigureAwait(false);
            original = WorkFolder.PathOf(source, record.Manifest.Model!);
        }

        try
        {
            var made = await sandbox
                .PredictAsync(
                    ModelInputs.Baseline(record, original, work, cancellationToken),
                    tokens,
                    target,
                    evaluation,
                    meter.Begin("predict"),
                    cancellationToken)
                .ConfigureAwait(false);
            await RequireFiniteAsync(run, made.Perplexity, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is ModelOpenException or InferenceException or ArgumentException
            or SandboxException { Ending: not SandboxEnding.NotStarted })
        {
            throw await baseline.RefuseAsync(run, work.WithoutPaths(refused.Message), cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private async Task RequireFiniteAsync(RunKey run, double perplexity, CancellationToken cancellationToken)
    {
        if (!double.IsFinite(perplexity))
        {
            throw await baseline.RefuseAsync(run, "its perplexity on the evaluation text is not a finite number", cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private static bool IsText(RunRecord record, string path) =>
        path == record.Manifest.Tokenizer || path == record.Manifest.Evaluation.Text || path == record.Manifest.Smoke;

    /// <summary>The upload's files decide what is predicted, and how much of the text is read.</summary>
    private static Digest KeyOf(RunRecord record) =>
        Digest.Of(
            Encoding.UTF8.GetBytes(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{record.SourceDigest} {record.Manifest.Evaluation.WindowTokens} {record.Manifest.Evaluation.MaxTokens}")));
}
