using SlmOps.Inference.Smoke;
using SlmOps.Inference.Trials;

namespace SlmOps.Inference.Sandbox;

/// <summary>
/// Runs models in a process of its own, within limits. One sandbox serves one evaluation: it stays warm from request to
/// request, and is gone when disposed. Requests come one after the other; when a token is cancelled in the middle of one,
/// the process is killed and the sandbox is of no more use.
/// </summary>
public sealed class ModelSandbox : IAsyncDisposable
{
    private static readonly TimeSpan MostStartCpu = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MostStart = TimeSpan.FromMinutes(2);

    private readonly SandboxProcess _process;
    private readonly RunLimits _limits;

    private ModelSandbox(SandboxProcess process, RunLimits limits) => (_process, _limits) = (process, limits);

    /// <summary>Which limits the system took.</summary>
    public Confinement Confinement { get; private set; } = new(false, false, false);

    /// <summary>Starts the process and puts it under its limits.</summary>
    /// <param name="command">The program and its arguments, as <see cref="RunnerCommand.Find"/> gives them.</param>
    /// <param name="limits">What it may take.</param>
    /// <param name="clock">Clock of the time limit.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <param name="launcher">
    /// A command to put in front of it, such as an emulator or <c>systemd-run --scope</c>; it becomes the program or stays its parent,
    /// and leaves it its standard input and output. Memory and threads are then the launcher's to limit.
    /// </param>
    /// <exception cref="SandboxException">When it cannot be started.</exception>
    public static async Task<ModelSandbox> StartAsync(
        IReadOnlyList<string> command,
        RunLimits limits,
        TimeProvider clock,
        CancellationToken cancellationToken,
        IReadOnlyList<string>? launcher = null)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(limits);
        var process = new SandboxProcess(launcher ?? [], command, limits, clock);
        var sandbox = new ModelSandbox(process, limits);
        try
        {
            await process.Started.ConfigureAwait(false);
            var reply = await sandbox
                .AskAsync(new RunRequest.Limit(limits, Environment.ProcessId), null, cancellationToken)
                .ConfigureAwait(false);
            sandbox.Confinement = reply.Ready ?? throw sandbox.Misunderstood();
            return sandbox;
        }
        catch
        {
            await sandbox.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary><see cref="Evaluation.Predict"/>, with its exceptions and <see cref="SandboxException"/>.</summary>
    public async Task<PredictionResult> PredictAsync(
        string baselinePath,
        IReadOnlyList<int> tokens,
        string predictionsPath,
        EvaluationOptions options,
        IProgress<double>? progress,
        CancellationToken cancellationToken) =>
        (
            await AskAsync(new RunRequest.Predict(baselinePath, tokens, predictionsPath, options), progress, cancellationToken)
                .ConfigureAwait(false)).Predicted
        ?? throw Misunderstood();

    /// <summary><see cref="Evaluation.Judge"/>, with its exceptions and <see cref="SandboxException"/>.</summary>
    public async Task<EvaluationResult> JudgeAsync(
        string candidatePath,
        string predictionsPath,
        IReadOnlyList<int> tokens,
        EvaluationOptions options,
        IProgress<double>? progress,
        CancellationToken cancellationToken) =>
        (
            await AskAsync(new RunRequest.Judge(candidatePath, tokens, predictionsPath, options), progress, cancellationToken)
                .ConfigureAwait(false)).Judged
        ?? throw Misunderstood();

    /// <summary><see cref="OutputComparison.Compare"/>, with its exceptions and <see cref="SandboxException"/>.</summary>
    public async Task<OutputComparisonResult> CompareAsync(
        string baselinePath,
        string candidatePath,
        OutputComparisonOptions options,
        IProgress<double>? progress,
        CancellationToken cancellationToken) =>
        (
            await AskAsync(new RunRequest.Compare(baselinePath, candidatePath, options), progress, cancellationToken).ConfigureAwait(false)
        ).Compared
        ?? throw Misunderstood();

    /// <summary><see cref="LanguageModel.GenerateGreedy"/> for each prompt, with its exceptions and <see cref="SandboxException"/>.</summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="options">How to open it.</param>
    /// <param name="prompts">Token ids of each prompt, at least one.</param>
    /// <param name="newTokens">Tokens to add to each prompt.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    public async Task<AnswerResult> AnswerAsync(
        string modelPath,
        LanguageModelOptions options,
        IReadOnlyList<IReadOnlyList<int>> prompts,
        IReadOnlyList<int> newTokens,
        CancellationToken cancellationToken) =>
        (
            await AskAsync(new RunRequest.Answer(modelPath, options, prompts, newTokens), null, cancellationToken).ConfigureAwait(false)
        ).Answered
        ?? throw Misunderstood();

    /// <summary>What a language model says of texts, as it is and computed in other ways.</summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="options">How to open it.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    public async Task<RecordedTexts> RecordTextsAsync(
        string modelPath, LanguageModelOptions options, IReadOnlyList<ForcedText> texts, CancellationToken cancellationToken) =>
        (await AskAsync(new RunRequest.RecordTexts(modelPath, options, texts), null, cancellationToken).ConfigureAwait(false)).Texts
        ?? throw Misunderstood();

    /// <summary>What any other model makes of a few inputs, as it is and computed in other ways.</summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="options">What its inputs are.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    public async Task<RecordedRuns> RecordRunsAsync(
        string modelPath, OutputComparisonOptions options, CancellationToken cancellationToken) =>
        (await AskAsync(new RunRequest.RecordRuns(modelPath, options), null, cancellationToken).ConfigureAwait(false)).Runs
        ?? throw Misunderstood();

    /// <summary><see cref="AdapterTrial.Run"/>, with its exceptions and <see cref="SandboxException"/>.</summary>
    public async Task<IReadOnlyList<AdapterOutcome>> TryAdaptersAsync(
        string modelPath,
        IReadOnlyList<IReadOnlyList<string>> sets,
        IReadOnlyList<IReadOnlyList<int>>? prompts,
        int threads,
        CancellationToken cancellationToken) =>
        (
            await AskAsync(new RunRequest.TryAdapters(modelPath, sets, prompts, threads), null, cancellationToken).ConfigureAwait(false)
        ).Adapters
        ?? throw Misunderstood();

    /// <summary>
    /// What the program's own process does with a request, where <see cref="SandboxServer.Run(Func{string, string})"/> runs in it.
    /// </summary>
    /// <param name="request">The request, in the program's own words.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    /// <exception cref="SandboxException">When the process was ended.</exception>
    public async Task<string> DoAsync(string request, CancellationToken cancellationToken) =>
        (await AskAsync(new RunRequest.Own(request), null, cancellationToken).ConfigureAwait(false)).Own ?? throw Misunderstood();

    /// <summary>One model on the processor of the sandbox's process, with the exceptions of the others and <see cref="SandboxException"/>.</summary>
    /// <param name="modelPath">The <c>.onnx</c> file.</param>
    /// <param name="request">What to run and to compare with.</param>
    /// <param name="progress">Gets the share that is done, 0 to 1.</param>
    /// <param name="cancellationToken">Kills the process.</param>
    public async Task<TrialResult> TryAsync(
        string modelPath, TrialRequest request, IProgress<double>? progress, CancellationToken cancellationToken) =>
        (await AskAsync(new RunRequest.Trial(modelPath, request), progress, cancellationToken).ConfigureAwait(false)).Tried
        ?? throw Misunderstood();

    /// <summary>Ends the process, and waits until it is gone.</summary>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task<RunReply> AskAsync(RunRequest request, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var registration = cancellationToken.Register(static process => ((SandboxProcess)process!).Kill(), _process);
        // Starting is not the model's doing.
        _process.Begin(request is RunRequest.Limit ? MostStartCpu : _limits.Cpu, request is RunRequest.Limit ? MostStart : _limits.Wall);
        try
        {
            await _process
                .Input.WriteAsync(Frames.Encode(request, SandboxJson.Default.RunRequest), cancellationToken)
                .ConfigureAwait(false);
            await _process.Input.FlushAsync(cancellationToken).ConfigureAwait(false);
            while (
                await Frames
                    .ReadAsync(_process.Output, SandboxJson.Default.RunReply, _limits.AnswerBytes, cancellationToken)
                    .ConfigureAwait(false)
                    is { } reply)
            {
                if (reply.Progress is { } share)
                {
                    progress?.Report(share);
                    continue;
                }

                return reply.Failure is null ? reply : throw Refusal(reply.Failure);
            }

            throw await EndAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException)
        {
            // What the pipe says matters less than why it broke; a process that talks nonsense is of no more use.
            if (broken is InvalidDataException && !_process.Ended.IsCompleted)
            {
                _process.Kill();
                throw _process.Verdict(SandboxEnding.TooMuchOutput, broken.Message);
            }

            throw await EndAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _process.End();
        }
    }

    private async Task<Exception> EndAsync(CancellationToken cancellationToken)
    {
        var ending = await _process.Ended.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return ending;
    }

    private Exception Refusal(RunFailure failure) =>
        failure.Kind switch
        {
            RunFailureKind.Open => new ModelOpenException(failure.Code, failure.ModelPath, failure.Message),
            RunFailureKind.Run => new InferenceException(failure.ModelPath, failure.Message),
            RunFailureKind.Argument => new ArgumentException(failure.Message),
            RunFailureKind.Memory => _process.Verdict(
                SandboxEnding.OutOfMemory,
                $"the model may take {Figures.Bytes(_limits.MemoryBytes)}; {failure.Message}"),
            _ when failure.Code == "too-much-output" => _process.Verdict(SandboxEnding.TooMuchOutput, failure.Message),
            _ => new InvalidDataException(failure.Message),
        };

    private SandboxException Misunderstood() =>
        _process.Verdict(SandboxEnding.Crashed, "the process answered something else than what was asked", atLimit: false);
}
