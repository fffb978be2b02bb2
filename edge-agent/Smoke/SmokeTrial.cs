using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Planning;
using SlmOps.Inference;
using SlmOps.Inference.Sandbox;

namespace SlmOps.EdgeAgent.Smoke;

/// <summary>Runs the smoke test in a process of its own, within limits, and says whose doing a bad end is.</summary>
/// <param name="launcher">What starts the program, before it; empty for nothing.</param>
/// <param name="command">This program and the arguments that start it, before <c>--smoke</c>.</param>
/// <param name="modelRam">Memory the model may use, in bytes.</param>
/// <param name="clock">Clock of the time limit.</param>
internal sealed class SmokeTrial(IReadOnlyList<string> launcher, IReadOnlyList<string> command, long modelRam, TimeProvider clock)
{
    // What the process needs besides the model: runtime and ONNX Runtime's library.
    private const long OwnRam = 160L << 20;
    private const int MaxOutput = 64 << 10;
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(5);
    private readonly string[] _command = [.. command, "--smoke"];

    /// <summary>Null when the model passed, or why it did not.</summary>
    internal async Task<Failure?> FailureAsync(string folder, int prompts, CancellationToken cancellationToken)
    {
        var failure = await RunAsync(folder, prompts, cancellationToken);
        return failure?.Code == ReasonCodes.SmokeInterrupted && await EnvironmentFailureAsync(cancellationToken) is { } environment
            ? environment
            : failure;
    }

    /// <summary>Why not even a tiny model runs here; null when one does.</summary>
    private async Task<Failure?> EnvironmentFailureAsync(CancellationToken cancellationToken)
    {
        try
        {
            var folder = Directory.CreateTempSubdirectory("slmops-tiny-");
            try
            {
                await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "model.onnx"), TinyModel.Bytes, cancellationToken);
                return await RunAsync(folder.FullName, 1, cancellationToken) is { } failure
                    ? new(FailureKind.Attempt, "environment", $"Not even a tiny model runs on this device: {failure.Reason}")
                    : null;
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new(FailureKind.Attempt, "environment", $"No tiny model can be laid down to compare with: {exception.Message}");
        }
    }

    private async Task<Failure?> RunAsync(string folder, int prompts, CancellationToken cancellationToken)
    {
        try
        {
            await using var sandbox = await ModelSandbox.StartAsync(_command, Limits(folder), clock, cancellationToken, launcher);
            var request = JsonSerializer.Serialize(new(folder, prompts), SmokeJson.Default.SmokeRequest);
            return Judge(await sandbox.DoAsync(request, cancellationToken));
        }
        catch (SandboxException ended)
        {
            return ended switch
            {
                { Ending: SandboxEnding.NotStarted } => new(FailureKind.Attempt, "smoke-not-started", ended.Message),
                { Ending: SandboxEnding.OutOfMemory, AtLimit: true } => new(FailureKind.Condemning, "smoke-memory", ended.Message),
                _ => Interrupted(ended.Message),
            };
        }
        catch (Exception exception) when (exception is InferenceException or ModelOpenException or ArgumentException
            or InvalidDataException or JsonException)
        {
            return Interrupted(exception.Message);
        }
    }

    private RunLimits Limits(string folder) =>
        RunLimitPlan.For(new(SizeOf(folder), 0, 0), modelRam, TimeLimit, Environment.ProcessorCount) with
        {
            // However many processors work at it, the clock decides.
            Cpu = TimeLimit * Environment.ProcessorCount,
            Wall = TimeLimit,
            AnswerBytes = MaxOutput,
            OwnBytes = OwnRam,
        };

    /// <summary>Files of a slot that a model may map into memory.</summary>
    private static long SizeOf(string folder) =>
        new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    private static Failure? Judge(string answer) => JsonSerializer.Deserialize(answer, SmokeJson.Default.SmokeOutcome) switch
    {
        { Passed: true } => null,
        { Passed: false } outcome => new(FailureKind.Condemning, outcome.Code ?? "smoke-failed", outcome.Reason),
        null => Interrupted("it answered nothing"),
    };

    private static Failure Interrupted(string why) => new(FailureKind.Attempt, ReasonCodes.SmokeInterrupted, $"The smoke test: {why}");
}
