using System.CommandLine;
using SlmOps.Cli.Watch;
using SlmOps.Inference;
using SlmOps.Inference.Samples;
using SlmOps.Inference.Sandbox;
using SlmOps.Pipeline.ByHand;
using SlmOps.Quantizer;
using Spectre.Console;

namespace SlmOps.Cli.Models;

/// <summary><c>slmops evaluate candidate.onnx --baseline original.onnx</c>.</summary>
internal static class EvaluateCommand
{
    // Made up samples, and what the speeds are measured on.
    private const int OtherTokens = 16_384;

    // Whoever sits before it ends it sooner.
    private static readonly TimeSpan MostCpu = TimeSpan.FromHours(24);

    internal static Command Build()
    {
        var candidate = new Argument<string>("candidate") { Description = "Model to judge, or a folder with one" };
        var baseline = new Option<string>("--baseline")
        {
            Description = "Model it was made from, or a folder with one",
            HelpName = "FILE",
            Required = true,
        };
        var text = new Option<string?>("--text")
        {
            Description =
                "Evaluation text: what a language model is to predict, or whose sentences an encoder is to embed (default: eval.txt "
                    + "beside the baseline)",
            HelpName = "FILE",
        };
        var tokenizer = new Option<string?>("--tokenizer")
        {
            Description = "tokenizer.json, or the vocab.txt of a BERT model (default: the one beside the baseline)",
            HelpName = "FILE",
        };
        var window = new Option<int>("--window")
        {
            Description = "Tokens scored from one empty cache",
            HelpName = "N",
            DefaultValueFactory = _ => 128,
        };
        var tokens = new Option<int?>("--max-tokens") { Description = "Most tokens of the text to read (default: all)", HelpName = "N" };
        var samples = new Option<string[]?>("--samples")
        {
            Description = "Inputs to compare on: .npz, .npy or .json (default: what slmops.json beside the baseline names)",
            HelpName = "FILE",
        };
        var threads = new Option<int>("--threads")
        {
            Description = "Threads of ONNX Runtime",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var json = new Option<bool>("--json") { Description = "Print the figures as JSON on standard output" };
        var command = new Command(
            "evaluate",
            "Compare a model with the one it was made from: perplexity, divergence, agreement, output error, speed, memory.")
        {
            candidate, baseline, text, tokenizer, window, tokens, samples, threads, json,
        };
        command.SetAction(
            (parsed, cancellationToken) =>
                Guard.RunAsync(async () =>
                {
                    var terminal = Terminal.Open(parsed.GetValue(json));
                    var job = new EvaluateJob(
                        ModelArguments.Model(parsed.GetValue(baseline)!),
                        ModelArguments.Model(parsed.GetValue(candidate)!),
                        parsed.GetValue(text),
                        parsed.GetValue(tokenizer),
                        parsed.GetValue(window),
                        parsed.GetValue(tokens),
                        parsed.GetValue(threads),
                        parsed.GetValue(samples) ?? []);
                    var outcome = await RunAsync(terminal, job, cancellationToken);
                    Show(terminal, outcome);
                    terminal.Result(outcome);
                    return ExitCode.Done;
                }));
        return command;
    }

    private static async Task<EvaluateOutcome> RunAsync(Terminal terminal, EvaluateJob job, CancellationToken cancellationToken)
    {
        var facts = Inspect(job.Baseline, cancellationToken);
        var text = ModelArguments.Beside(job.Baseline, job.Text, "eval.txt");
        var tokenizer =
            ModelArguments.Beside(job.Baseline, job.Tokenizer, "tokenizer.json") ?? ModelArguments.Beside(job.Baseline, null, "vocab.txt");
        var predicts = UploadFolder.IsLanguageModel(facts);
        if (predicts && text is null != tokenizer is null)
        {
            throw new CliException("Perplexity needs both a text and a tokenizer; give --text and --tokenizer.", ExitCode.Usage);
        }

        foreach (var file in job.Samples)
        {
            ModelArguments.RequireFile(file);
        }

        var twin = Float32Twin.IsNeeded(facts) ? Directory.CreateTempSubdirectory("slmops-evaluate-") : null;
        try
        {
            if (twin is not null)
            {
                terminal.Say(
                    $"{Path.GetFileName(job.Baseline)} computes in bfloat16, which ONNX Runtime has no kernels for on a CPU; its float32 "
                        + "twin is the baseline."
                );
                var wide = Path.Combine(twin.FullName, Path.GetFileName(job.Baseline));
                Float32Twin.Write(job.Baseline, wide, ModelArguments.Limits, cancellationToken);
                job = job with { Baseline = wide };
            }

            var loaded = tokenizer is null
                ? null
                : Load(terminal, tokenizer, required: (predicts && text is not null) || job.Tokenizer is not null);
            var options = Inputs(job, facts, predicts || loaded is null ? null : text, tokenizer);
            return await terminal.Screen.Progress()
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
                .StartAsync(screen =>
                    MeasureAsync(
                        job,
                        facts,
                        options,
                        predicts ? text : null,
                        loaded,
                        new Bar(screen.AddTask("evaluate", maxValue: 1)),
                        cancellationToken));
        }
        catch (Exception refused)
            when (refused
                    is ModelOpenException
                        or InferenceException
                        or TokenizerException
                        or SampleFilesException
                        or ArgumentException
                        or SandboxException
                        or InvalidDataException)
        {
            throw new CliException(refused.Message);
        }
        finally
        {
            twin?.Delete(recursive: true);
        }
    }

    private static ModelFacts Inspect(string model, CancellationToken cancellationToken)
    {
        var inspection = ModelInspector.Inspect(model, ModelArguments.Limits, cancellationToken);
        return inspection.Facts ?? throw new CliException(string.Join(
            Environment.NewLine, inspection.Problems.Select(problem => $"{model}: {problem.Message} {problem.Cure} [{problem.Code}]")));
    }

    /// <summary>What the model's own slmops.json says of its inputs, as in a run of the pipeline, and the files that the command names.</summary>
    private static OutputComparisonOptions Inputs(EvaluateJob job, ModelFacts facts, string? text, string? tokenizer)
    {
        var manifest = ModelArguments.Beside(job.Origin, null, UploadFolder.ManifestFile);
        var (asked, problems) = UploadFolder.Samples(
            manifest is null ? null : File.ReadAllBytes(manifest), Path.GetDirectoryName(Path.GetFullPath(job.Origin))!, facts);
        if (problems.Count > 0)
        {
            throw new CliException(string.Join(Environment.NewLine, problems.Select(problem => $"{problem.Message} {problem.Cure}")));
        }

        return new()
        {
            Threads = job.Threads,
            Inputs = asked.Inputs,
            NamedDimensions = asked.NamedDimensions,
            SampleFiles = job.Samples.Count > 0 ? job.Samples : asked.SampleFiles,
            TextFile = tokenizer is null ? null : text,
            TokenizerFile = text is null ? null : tokenizer,
        };
    }

    /// <summary>A tokenizer that is not needed to judge the model is no reason to refuse it.</summary>
    private static Tokenizer? Load(Terminal terminal, string path, bool required)
    {
        try
        {
            return Tokenizer.Load(path);
        }
        catch (TokenizerException unread) when (!required)
        {
            terminal.Say($"{path} is not read, so made up tokens are compared: {unread.Message}");
            return null;
        }
    }

    /// <summary>In a process of its own, as in a run of the pipeline: a model that takes it down leaves its figures.</summary>
    private static async Task<EvaluateOutcome> MeasureAsync(
        EvaluateJob job,
        ModelFacts facts,
        OutputComparisonOptions options,
        string? text,
        Tokenizer? tokenizer,
        IProgress<double> progress,
        CancellationToken cancellationToken)
    {
        var tokens =
            text is null || tokenizer is null
                ? []
                : tokenizer.Encode(await File.ReadAllTextAsync(text, cancellationToken), cancellationToken);
        if (job.MaxTokens is { } most && tokens.Count > most)
        {
            tokens = [.. tokens.Take(most)];
        }

        var size = new RunSize(
            2 * facts.WeightBytes,
            facts.Parameters,
            UploadFolder.IsLanguageModel(facts) ? tokens.Count + OtherTokens : 0);
        var limits = RunLimitPlan.For(size, RunLimitPlan.MemoryOf(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes), MostCpu, job.Threads);
        var sandbox = await ModelSandbox
            .StartAsync(RunnerCommand.Find(), limits, TimeProvider.System, cancellationToken);
        await using (sandbox)
        {
            var outputs = await sandbox
                .CompareAsync(job.Baseline, job.Candidate, options, text is null ? progress : null, cancellationToken);
            if (tokens.Count == 0)
            {
                return new()
                {
                    SqnrDb = outputs.SqnrDb,
                    Cosine = outputs.Cosine,
                    TokensPerSecond = 1000 / outputs.LatencyMs,
                    BaselineTokensPerSecond = 1000 / outputs.BaselineLatencyMs,
                    LoadMs = outputs.LoadMs,
                    PeakBytes = outputs.PeakBytes,
                    Embeddings = outputs.Embeddings,
                };
            }

            var measured = await EvaluateAsync(sandbox, job, tokens, progress, cancellationToken);
            return new()
            {
                Perplexity = measured.Perplexity,
                BaselinePerplexity = measured.BaselinePerplexity,
                PerplexityChange = measured.PerplexityChange,
                Kl = measured.Kl,
                Top1Agreement = measured.Top1Agreement,
                SqnrDb = outputs.SqnrDb,
                Cosine = outputs.Cosine,
                TokensPerSecond = measured.TokensPerSecond,
                BaselineTokensPerSecond = measured.BaselineTokensPerSecond,
                PrefillTokensPerSecond = measured.PrefillTokensPerSecond,
                BaselinePrefillTokensPerSecond = measured.BaselinePrefillTokensPerSecond,
                LoadMs = measured.LoadMs,
                PeakBytes = measured.PeakBytes,
                Tokens = measured.Tokens,
                KlUncertainty = measured.KlUncertainty,
            };
        }
    }

    private static async Task<EvaluationResult> EvaluateAsync(
        ModelSandbox sandbox, EvaluateJob job, IReadOnlyList<int> tokens, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("slmops-evaluate-");
        try
        {
            var predictions = Path.Combine(folder.FullName, "predictions");
            var options = new EvaluationOptions { WindowTokens = job.Window, Model = new() { Threads = job.Threads } };
            await sandbox.PredictAsync(job.Baseline, tokens, predictions, options, progress, cancellationToken);
            return await sandbox.JudgeAsync(job.Candidate, predictions, tokens, options, progress, cancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Show(Terminal terminal, EvaluateOutcome outcome)
    {
        if (outcome.Perplexity is { } perplexity)
        {
            terminal.Say(
                $"perplexity   {perplexity:0.0000}, baseline {outcome.BaselinePerplexity:0.0000} "
                    + $"({outcome.PerplexityChange:+0.00%;-0.00%}) on {outcome.Tokens} tokens"
            );
            terminal.Say($"divergence   KL {outcome.Kl:0.00000} nats, top-1 agreement {outcome.Top1Agreement:0.000}");
        }

        terminal.Say($"outputs      SQNR {outcome.SqnrDb:0.0} dB, cosine {outcome.Cosine:0.00000}");
        if (outcome.Embeddings is { } embeddings)
        {
            var neighbours = embeddings.Neighbours is { } share ? $", {share:0.000} of the nearest texts the same" : "";
            terminal.Say(
                $"embeddings   cosine {embeddings.Cosine:0.00000}, least {embeddings.LeastCosine:0.00000}{neighbours}, on "
                    + $"{embeddings.Texts} texts"
            );
        }

        terminal.Say($"speed        {outcome.TokensPerSecond:0} per second, baseline {outcome.BaselineTokensPerSecond:0}");
        terminal.Say($"cost         load {outcome.LoadMs:0} ms, peak {StatusChanges.Bytes(outcome.PeakBytes)}");
    }

    private sealed class Bar(ProgressTask task) : IProgress<double>
    {
        public void Report(double value) => task.Value = value;
    }
}

/// <summary>What to evaluate.</summary>
internal sealed record EvaluateJob(
    string Baseline,
    string Candidate,
    string? Text,
    string? Tokenizer,
    int Window,
    int? MaxTokens,
    int Threads,
    IReadOnlyList<string> Samples)
{
    /// <summary>The baseline as the user named it, which its slmops.json lies beside.</summary>
    public string Origin { get; init; } = Baseline;
}

/// <summary>What <c>evaluate --json</c> prints; speeds are tokens per second for language models, else runs per second.</summary>
internal sealed record EvaluateOutcome
{
    public double? Perplexity { get; init; }

    public double? BaselinePerplexity { get; init; }

    public double? PerplexityChange { get; init; }

    public double? Kl { get; init; }

    public double? Top1Agreement { get; init; }

    public required double SqnrDb { get; init; }

    public required double Cosine { get; init; }

    public required double TokensPerSecond { get; init; }

    public required double BaselineTokensPerSecond { get; init; }

    public double? PrefillTokensPerSecond { get; init; }

    public double? BaselinePrefillTokensPerSecond { get; init; }

    public required double LoadMs { get; init; }

    public required long PeakBytes { get; init; }

    public int? Tokens { get; init; }

    /// <summary>Most that the divergence may be too low, as only the baseline's likeliest tokens were kept; 0 when all were.</summary>
    public double? KlUncertainty { get; init; }

    /// <summary>For encoders: how alike the embeddings of texts are.</summary>
    public EmbeddingAgreement? Embeddings { get; init; }
}
