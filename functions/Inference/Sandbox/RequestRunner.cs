using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using SlmOps.Inference.Samples;
using SlmOps.Inference.Smoke;
using SlmOps.Inference.Trials;

namespace SlmOps.Inference.Sandbox;

/// <summary>
/// Does what a request asks; every failure of the model is a reply. The language model of the last request stays open for
/// the next one.
/// </summary>
internal sealed class RequestRunner : IDisposable
{
    private EvaluatedModel? _open;
    private LanguageModelOptions? _openedWith;

    public void Dispose() => Close();

    internal RunReply Run(RunRequest request, IProgress<double> progress)
    {
        try
        {
            return request switch
            {
                RunRequest.Predict ask => new()
                {
                    Predicted = Evaluation.PredictWith(
                        Open(ask.Model, ask.Options), ask.Tokens, ask.Predictions, ask.Options, progress, CancellationToken.None),
                },
                RunRequest.Judge ask => new()
                {
                    Judged = Evaluation.JudgeWith(
                        Open(ask.Model, ask.Options), ask.Predictions, ask.Tokens, ask.Options, progress, CancellationToken.None),
                },
                RunRequest.Compare ask => new()
                {
                    Compared = OutputComparison.Compare(
                        ask.Baseline, ask.Candidate, ask.Options, Alone(progress), CancellationToken.None),
                },
                RunRequest.Answer ask => new() { Answered = Answer(ask, progress) },
                RunRequest.RecordTexts ask => new()
                {
                    Texts = SmokeRecorder.Texts(Open(ask.Model, new() { Model = ask.Options }).Model, ask.Options, ask.Texts),
                },
                RunRequest.RecordRuns ask => new() { Runs = SmokeRecorder.Runs(Closed(ask.Model), ask.Options) },
                RunRequest.TryAdapters ask => new()
                {
                    Adapters = AdapterTrial.Run(ask.Model, ask.Sets, ask.Prompts, ask.Threads, Alone(progress)),
                },
                RunRequest.Trial ask => new() { Tried = ModelTrial.Run(ask.Model, ask.Ask, Alone(progress), CancellationToken.None) },
                _ => Unknown(request),
            };
        }
        catch (Exception exception) when (FailureOf(exception) is { } failure)
        {
            return new() { Failure = failure };
        }
    }

    internal static RunReply Unknown(RunRequest request) => new()
    {
        Failure = new(RunFailureKind.Argument, "unknown-request", "", $"There is no {request.GetType().Name} to be done now."),
    };

    /// <summary>The model, open already when the request before used it as well.</summary>
    private EvaluatedModel Open(string path, EvaluationOptions options)
    {
        if (_open?.Model.ModelPath == path && options.Model.OpensAs(_openedWith))
        {
            return _open;
        }

        Close();
        _open = EvaluatedModel.Open(path, options);
        _openedWith = options.Model;
        return _open;
    }

    private void Close()
    {
        _open?.Dispose();
        _open = null;
    }

    /// <summary>Closes what is open: who comes now measures memory, and opens models of its own.</summary>
    private IProgress<double> Alone(IProgress<double> progress)
    {
        Close();
        return progress;
    }

    private string Closed(string path)
    {
        Close();
        return path;
    }

    private AnswerResult Answer(RunRequest.Answer ask, IProgress<double> progress)
    {
        var model = Open(ask.Model, new() { Model = ask.Options }).Model;
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

    /// <summary>
    /// ONNX Runtime has no error code for it: its allocator, the C++ library, its arena and a thread without a place for its
    /// stack each have their words.
    /// </summary>
    private static bool IsOutOfMemory(Exception exception) => exception is OutOfMemoryException
        || (exception.GetBaseException() is OnnxRuntimeException { Message: var words }
            && (words.Contains("bad_alloc", StringComparison.Ordinal)
                || words.Contains("bad allocation", StringComparison.Ordinal)
                || words.Contains("Failed to allocate memory", StringComparison.OrdinalIgnoreCase)
                || words.Contains("pthread_create failed", StringComparison.Ordinal)
                || words.Contains("Available memory of", StringComparison.Ordinal)));
}
