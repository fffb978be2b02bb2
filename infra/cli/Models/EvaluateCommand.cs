using System.CommandLine;
using SlmOps.Cli.Watch;
using SlmOps.Inference;
using Spectre.Console;

namespace SlmOps.Cli.Models;

/// <summary><c>slmops evaluate candidate.onnx --baseline original.onnx</c>.</summary>
internal static class EvaluateCommand
{
    internal static Command Build()
    {
        var candidate = new Argument<string>("candidate") { Description = "Model to judge" };
        var baseline = new Option<string>("--baseline") { Description = "Model it was made from", HelpName = "FILE", Required = true };
        var text = new Option<string?>("--text") { Description = "Evaluation text (default: eval.txt beside the baseline)", HelpName = "FILE" };
        var tokenizer = new Option<string?>("--tokenizer") { Description = "tokenizer.json (default: the one beside the baseline)", HelpName = "FILE" };
        var window = new Option<int>("--window") { Description = "Tokens scored from one empty cache", HelpName = "N", DefaultValueFactory = _ => 128 };
        var tokens = new Option<int?>("--max-tokens") { Description = "Most tokens of the text to read (default: all)", HelpName = "N" };
        var threads = new Option<int>("--threads") { Description = "Threads of ONNX Runtime", HelpName = "N", DefaultValueFactory = _ => 1 };
        var json = new Option<bool>("--json") { Description = "Print the figures as JSON on standard output" };
        var command = new Command("evaluate", "Compare a model with the one it was made from: perplexity, divergence, agreement, output error, speed, memory.")
        {
            candidate, baseline, text, tokenizer, window, tokens, threads, json,
        };
        command.SetAction((parsed, cancellationToken) => Guard.RunAsync(() =>
        {
            var terminal = Terminal.Open(parsed.GetValue(json));
            var job = new EvaluateJob(
                parsed.GetValue(baseline)!, parsed.GetValue(candidate)!, parsed.GetValue(text), parsed.GetValue(tokenizer),
                parsed.GetValue(window), parsed.GetValue(tokens), parsed.GetValue(threads));
            var outcome = Run(terminal, job, cancellationToken);
            Show(terminal, outcome);
            terminal.Result(outcome);
            return Task.FromResult(ExitCode.Done);
        }));
        return command;
    }

    private static EvaluateOutcome Run(Terminal terminal, EvaluateJob job, CancellationToken cancellationToken)
    {
        ModelArguments.RequireFile(job.Baseline);
        ModelArguments.RequireFile(job.Candidate);
        var text = ModelArguments.Beside(job.Baseline, job.Text, "eval.txt");
        var tokenizer = ModelArguments.Beside(job.Baseline, job.Tokenizer, "tokenizer.json");
        if (text is null != tokenizer is null)
        {
            throw new CliException("Perplexity needs both a text and a tokenizer; give --text and --tokenizer.", ExitCode.Usage);
        }

        try
        {
            return terminal.Screen.Progress()
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
                .Start(screen => Measure(job, text, tokenizer, new Bar(screen.AddTask("evaluate", maxValue: 1)), cancellationToken));
        }
        catch (Exception refused) when (refused is ModelOpenException or InferenceException or TokenizerException or ArgumentException)
        {
            throw new CliException(refused.Message);
        }
    }

    private static EvaluateOutcome Measure(
        EvaluateJob job, string? text, string? tokenizer, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var outputs = OutputComparison.Compare(
            job.Baseline, job.Candidate, new OutputComparisonOptions { Threads = job.Threads }, progress: null, cancellationToken);
        if (text is null || tokenizer is null)
        {
            return new(
                null, null, null, null, null, outputs.SqnrDb, outputs.Cosine, 1000 / outputs.LatencyMs, 1000 / outputs.BaselineLatencyMs,
                null, null, outputs.LoadMs, outputs.PeakBytes, null);
        }

        IReadOnlyList<int> tokens = Tokenizer.Load(tokenizer).Encode(File.ReadAllText(text), cancellationToken);
        if (job.MaxTokens is { } most && tokens.Count > most)
        {
            tokens = [.. tokens.Take(most)];
        }

        var measured = Evaluation.Compare(
            job.Baseline, job.Candidate, tokens,
            new EvaluationOptions { WindowTokens = job.Window, Model = new() { Threads = job.Threads } }, progress, cancellationToken);
        return new(
            measured.Perplexity, measured.BaselinePerplexity, measured.PerplexityChange, measured.Kl, measured.Top1Agreement,
            outputs.SqnrDb, outputs.Cosine, measured.TokensPerSecond, measured.BaselineTokensPerSecond,
            measured.PrefillTokensPerSecond, measured.BaselinePrefillTokensPerSecond, measured.LoadMs, measured.PeakBytes, measured.Tokens);
    }

    private static void Show(Terminal terminal, EvaluateOutcome outcome)
    {
        if (outcome.Perplexity is { } perplexity)
        {
            terminal.Say($"perplexity   {perplexity:0.0000}, baseline {outcome.BaselinePerplexity:0.0000} ({outcome.PerplexityChange:+0.00%;-0.00%}) on {outcome.Tokens} tokens");
            terminal.Say($"divergence   KL {outcome.Kl:0.00000} nats, top-1 agreement {outcome.Top1Agreement:0.000}");
        }

        terminal.Say($"outputs      SQNR {outcome.SqnrDb:0.0} dB, cosine {outcome.Cosine:0.00000}");
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
    string Baseline, string Candidate, string? Text, string? Tokenizer, int Window, int? MaxTokens, int Threads);

/// <summary>What <c>evaluate --json</c> prints; speeds are tokens per second for language models, else runs per second.</summary>
internal sealed record EvaluateOutcome(
    double? Perplexity, double? BaselinePerplexity, double? PerplexityChange, double? Kl, double? Top1Agreement, double SqnrDb,
    double Cosine, double TokensPerSecond, double BaselineTokensPerSecond, double? PrefillTokensPerSecond,
    double? BaselinePrefillTokensPerSecond, double LoadMs, long PeakBytes, int? Tokens);
