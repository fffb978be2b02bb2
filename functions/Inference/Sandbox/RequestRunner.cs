using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Inference.Samples;

namespace SlmOps.Inference.Sandbox;

/// <summary>Does what a request asks; every failure of the model is a reply.</summary>
internal static class RequestRunner
{
    internal static RunReply Run(RunRequest request, IProgress<double> progress)
    {
        try
        {
            return request switch
            {
                RunRequest.Predict ask => new()
                {
                    Predicted = Evaluation.Predict(ask.Model, ask.Tokens, ask.Predictions, ask.Options, progress, CancellationToken.None),
                },
                RunRequest.Judge ask => new()
                {
                    Judged = Evaluation.Judge(ask.Model, ask.Predictions, ask.Tokens, ask.Options, progress, CancellationToken.None),
                },
                RunRequest.Compare ask => new()
                {
                    Compared = OutputComparison.Compare(ask.Baseline, ask.Candidate, ask.Options, progress, CancellationToken.None),
                },
                RunRequest.Answer ask => new() { Answered = Answer(ask, progress) },
                RunRequest.TryAdapters ask => new()
                {
                    Adapters = AdapterTrial.Run(ask.Model, ask.Sets, ask.Prompts, ask.Threads, progress),
                },
                _ => new()
                {
                    Failure = new(RunFailureKind.Argument, "unknown-request", "", $"There is no {request.GetType().Name} to be done now."),
                },
            };
        }
        catch (Exception exception) when (FailureOf(exception) is { } failure)
        {
            return new() { Failure = failure };
        }
    }

    private static AnswerResult Answer(RunRequest.Answer ask, IProgress<double> progress)
    {
        using var model = LanguageModel.Open(ask.Model, ask.Options);
        var watch = Stopwatch.StartNew();
        var answers = new List<IReadOnlyList<int>>();
        foreach (var (prompt, most) in ask.Prompts.Zip(ask.NewTokens))
        {
            answers.Add(model.GenerateGreedy(prompt, most));
            progress.Report((double)answers.Count / ask.Prompts.Count);
        }

        using var self = Process.GetCurrentProcess();
        return new(answers, watch.Elapsed.TotalSeconds, self.PeakWorkingSet64);
    }

    private static RunFailure? FailureOf(Exception exception) =>
        exception switch
        {
            _ when IsOutOfMemory(exception) => new(RunFailureKind.Memory, "out-of-memory", "", exception.Message),
            ModelOpenException refused => new(RunFailureKind.Open, refused.Code, refused.ModelPath, refused.Message),
            InferenceException failed => new(RunFailureKind.Run, "run-failed", failed.ModelPath, failed.Message),
            OnnxRuntimeException failed => new(RunFailureKind.Run, "run-failed", "", failed.Message),
            SampleFilesException or TokenizerException => new(RunFailureKind.Argument, "does-not-fit", "", exception.Message),
            ArgumentException wrong => new(RunFailureKind.Argument, "does-not-fit", "", wrong.Message),
            InvalidDataException or IOException or UnauthorizedAccessException => new(
                RunFailureKind.Data,
                "predictions-failed",
                "",
                exception.Message),
            OverflowException => new(
                RunFailureKind.Run,
                "run-failed",
                "",
                $"The model gave a tensor of impossible size: {exception.Message}"),
            _ => null,
        };

    /// <summary>ONNX Runtime has no error code for it: its allocator, the C++ library and its arena each have their words.</summary>
    private static bool IsOutOfMemory(Exception exception) => exception is OutOfMemoryException
        || (exception.GetBaseException() is OnnxRuntimeException { Message: var words }
            && (words.Contains("bad_alloc", StringComparison.Ordinal)
                || words.Contains("bad allocation", StringComparison.Ordinal)
                || words.Contains("Failed to allocate memory", StringComparison.OrdinalIgnoreCase)
                || words.Contains("Available memory of", StringComparison.Ordinal)));
}
