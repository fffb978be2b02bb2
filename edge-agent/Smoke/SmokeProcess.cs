using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using SlmOps.Contracts;
using SlmOps.EdgeAgent.Cloud;
using SlmOps.EdgeAgent.Disk;
using SlmOps.EdgeAgent.Planning;

namespace SlmOps.EdgeAgent.Smoke;

/// <summary>Runs the smoke test in a process of its own, with limits on time and memory.</summary>
/// <param name="launcher">What starts the program, before it; empty for nothing. Memory is then not watched from here, because the
/// process that is seen may be the launcher's; the test still limits itself as far as the launcher lets it.</param>
/// <param name="command">This program and the arguments that start it, before <c>--smoke</c>.</param>
/// <param name="modelRam">Memory the model may use, in bytes.</param>
/// <param name="clock">Clock of the time limit.</param>
internal sealed class SmokeProcess(IReadOnlyList<string> launcher, IReadOnlyList<string> command, long modelRam, TimeProvider clock)
{
    /// <summary>What the process needs besides the model: runtime and ONNX Runtime's library.</summary>
    internal const long OwnRam = 160L << 20;

    private const int MaxOutput = 64 << 10;
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Watch = TimeSpan.FromMilliseconds(50);
    private readonly string[] _command = [.. launcher, .. command];

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
        using var process = new Process { StartInfo = Start(folder, prompts) };
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            return new(FailureKind.Attempt, "smoke-not-started", $"'{_command[0]}' cannot be started: {exception.Message}");
        }

        using var deadline = new Deadline(TimeLimit, clock, cancellationToken);
        var output = ReadAsync(process.StandardOutput, deadline.Token);
        var errors = ReadAsync(process.StandardError, deadline.Token);
        try
        {
            var memory = await WatchMemoryAsync(process, deadline.Token);
            return memory ?? Judge(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(FailureKind.Attempt, ReasonCodes.SmokeInterrupted, $"The smoke test did not end within {TimeLimit.TotalSeconds} s.");
        }
        finally
        {
            Kill(process);
            await ((Task)Task.WhenAll(output, errors)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private ProcessStartInfo Start(string folder, int prompts)
    {
        var start = new ProcessStartInfo(_command[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        string[] arguments =
        [
            .. _command.Skip(1), "--smoke", folder, "--smoke-prompts", prompts.ToString(CultureInfo.InvariantCulture),
            "--smoke-memory", (modelRam + OwnRam).ToString(CultureInfo.InvariantCulture),
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // The test needs no secret, and a library that a bad model has taken over should find none.
        start.Environment.Remove("SLMOPS_TOKEN");
        return start;
    }

    private async Task<Failure?> WatchMemoryAsync(Process process, CancellationToken cancellationToken)
    {
        var exited = process.WaitForExitAsync(cancellationToken);
        while (await Task.WhenAny(exited, Task.Delay(Watch, clock, cancellationToken)) != exited)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (launcher.Count == 0 && MemoryOf(process) > modelRam + OwnRam)
            {
                Kill(process);
                return new(FailureKind.Condemning, "smoke-memory", $"The model took more than its budget of {modelRam} bytes.");
            }
        }

        await exited;
        return null;
    }

    private static long MemoryOf(Process process)
    {
        try
        {
            process.Refresh();
            return process.WorkingSet64;
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
            return 0;
        }
    }

    private static Failure? Judge(int exitCode, string output, string errors)
    {
        SmokeOutcome? outcome = null;
        try
        {
            outcome = JsonSerializer.Deserialize(output, SmokeJson.Default.SmokeOutcome);
        }
        catch (JsonException)
        {
            // A process that crashed says nothing usable; its exit code tells the story.
        }

        return outcome switch
        {
            { Passed: true } when exitCode == 0 => null,
            { Passed: false } => new(FailureKind.Condemning, outcome.Code ?? "smoke-failed", outcome.Reason),
            _ => new(FailureKind.Attempt, ReasonCodes.SmokeInterrupted, $"The smoke test ended with {Exit(exitCode)}: {FirstLine(errors)}"),
        };
    }

    // A runtime that cannot load says so first, and then how it got there.
    private static string FirstLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault() ?? "no message.";

    // A process that a signal ended has 128 and the signal's number, as in a shell.
    private static string Exit(int code) => code switch
    {
        132 => "SIGILL (an instruction that this processor does not have)",
        134 => "SIGABRT",
        135 => "SIGBUS",
        136 => "SIGFPE",
        137 => "SIGKILL (perhaps for lack of memory)",
        139 => "SIGSEGV",
        143 => "SIGTERM",
        _ => $"exit code {code}",
    };

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        // Reads on to the end, or the process would block, but keeps no more than its share.
        var kept = new System.Text.StringBuilder();
        var buffer = new char[4096];
        int read;
        while ((read = await reader.ReadAsync(buffer, cancellationToken)) > 0)
        {
            kept.Append(buffer, 0, Math.Min(read, MaxOutput - kept.Length));
        }

        return kept.ToString();
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}
