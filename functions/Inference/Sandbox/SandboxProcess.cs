using System.ComponentModel;
using System.Diagnostics;

namespace SlmOps.Inference.Sandbox;

/// <summary>
/// One process that runs models, and the thread that started it and watches it: for memory, processor time, time by the
/// clock and threads. The thread lives as long as the process, because on Linux a process that is bound to its parent is
/// bound to the thread that started it.
/// </summary>
internal sealed class SandboxProcess : IAsyncDisposable
{
    /// <summary>What the process has besides a model: runtime and ONNX Runtime's library.</summary>
    internal const long OwnMemory = 160L << 20;

    private const int PollMilliseconds = 40;
    private static readonly string[] Inherited = ["PATH", "HOME", "TMPDIR", "TEMP", "SystemRoot", "LD_LIBRARY_PATH", "LANG"];
    private static readonly string[] InheritedPrefixes = ["DOTNET_", "QEMU_"];

    private readonly RunLimits _limits;
    private readonly TimeProvider _clock;
    private readonly Process _process;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<SandboxException> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ErrorText _errors = new();
    private readonly Lock _gate = new();
    private ControlGroup? _group;
    private RequestClock? _request;
    private ProcessUse _peak;
    private SandboxException? _verdict;

    internal SandboxProcess(IReadOnlyList<string> command, RunLimits limits, TimeProvider clock)
    {
        (_limits, _clock) = (limits, clock);
        _process = new() { StartInfo = StartInfo(command) };
        _process.ErrorDataReceived += (_, line) => _errors.Add(line.Data);
        new Thread(Live) { IsBackground = true, Name = "sandbox" }.Start();
    }

    /// <summary>Completes when the process runs.</summary>
    /// <exception cref="SandboxException">When it cannot be started.</exception>
    internal Task Started => _started.Task;

    /// <summary>Why the process ended; completes when it has.</summary>
    internal Task<SandboxException> Ended => _ended.Task;

    internal Stream Input => _process.StandardInput.BaseStream;

    internal Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>Kills the process and waits until it is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        await ((Task)_started.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Kill();
        await _ended.Task.ConfigureAwait(false);
        _process.Dispose();
    }

    /// <summary>Starts the clocks of a request; they run until the next one starts or <see cref="End"/> is called.</summary>
    internal void Begin(TimeSpan cpu, TimeSpan wall)
    {
        lock (_gate)
        {
            _request = new(_clock.GetTimestamp(), wall, (ProcessUse.Of(_process)?.Cpu ?? _peak.Cpu) + cpu, cpu);
        }
    }

    /// <summary>Stops them.</summary>
    internal void End()
    {
        lock (_gate)
        {
            _request = null;
        }
    }

    /// <summary>An ending with the figures of this process.</summary>
    internal SandboxException Verdict(SandboxEnding ending, string what) =>
        new(
            ending,
            $"{SandboxException.CodeOf(ending)}: {what} (memory {Figures.Bytes(_peak.Resident)} at its peak, processor "
                + $"{Figures.Time(_peak.Cpu)})"
        );

    /// <summary>Kills the process and all that it started.</summary>
    internal void Kill()
    {
        try
        {
            if (_process.HasExited)
            {
                return;
            }

            // Its group, then whatever it started outside of it.
            if (OperatingSystem.IsLinux())
            {
                _ = SystemCalls.Kill(-_process.Id, SystemCalls.Killed);
            }

            _process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended by itself, or never ran.
        }
    }

    private void Live()
    {
        try
        {
            _process.Start();
            _process.BeginErrorReadLine();
        }
        catch (Exception exception) when (exception is Win32Exception or IOException or InvalidOperationException)
        {
            var failure = new SandboxException(
                SandboxEnding.NotStarted,
                $"'{_process.StartInfo.FileName}', which runs the models, cannot be started: {exception.Message}",
                exception);
            _started.SetException(failure);
            _ended.SetResult(failure);
            return;
        }

        _group = ControlGroup.TryCreate(_process.Id, _limits.MemoryBytes + OwnMemory, _limits.Threads);
        _started.SetResult();
        while (!_process.WaitForExit(PollMilliseconds))
        {
            if (_verdict is null && Watch() is { } verdict)
            {
                _verdict = verdict;
                Kill();
            }
        }

        // Once more without a limit: that also waits for the last lines of standard error.
        _process.WaitForExit();
        _ended.SetResult(_verdict ?? Judge(_process.ExitCode));
        _group?.Dispose();
    }

    private SandboxException? Watch()
    {
        if (ProcessUse.Of(_process) is not { } use)
        {
            return null;
        }

        _peak = new(Math.Max(_peak.Resident, use.Resident), use.Cpu, Math.Max(_peak.Threads, use.Threads));
        if (use.Resident > _limits.MemoryBytes + OwnMemory)
        {
            return Verdict(SandboxEnding.OutOfMemory, $"the model may take {Figures.Bytes(_limits.MemoryBytes)}");
        }

        if (use.Threads > _limits.Threads)
        {
            return Verdict(SandboxEnding.TooManyThreads, $"{use.Threads} threads where {_limits.Threads} are allowed");
        }

        lock (_gate)
        {
            return _request switch
            {
                { } request when use.Cpu > request.MostCpu =>
                    Verdict(SandboxEnding.TooSlow, $"not done after {Figures.Time(request.Cpu)} of processor time"),
                { } request when _clock.GetElapsedTime(request.Start) > request.Wall =>
                    Verdict(SandboxEnding.TooSlow, $"not done after {Figures.Time(request.Wall)}"),
                _ => null,
            };
        }
    }

    private SandboxException Judge(int exitCode)
    {
        // .NET gives 128 and the signal's number for a process that a signal ended.
        const int BySignal = 128;
        var last = _errors.Last is { } line ? $": {line}" : "";
        return exitCode switch
        {
            BySignal + SystemCalls.CpuTimeUsedUp => Verdict(
                SandboxEnding.TooSlow,
                $"not done after {Figures.Time(_limits.Cpu)} of processor time"),
            BySignal + SystemCalls.FileTooLarge => Verdict(
                SandboxEnding.TooMuchOutput,
                $"a file grew beyond {Figures.Bytes(_limits.FileBytes)}"),
            _ when _group is { RanOutOfMemory: true } || _errors.SpeaksOfMemory => Verdict(
                SandboxEnding.OutOfMemory,
                $"the model may take {Figures.Bytes(_limits.MemoryBytes)}"),

            // Nobody else kills it than the kernel that has no memory left.
            BySignal + SystemCalls.Killed => Verdict(
                SandboxEnding.OutOfMemory,
                "the system ended the process, which it does when memory runs out"),
            > BySignal and < BySignal + 65 => Verdict(SandboxEnding.Crashed, $"ended by signal {exitCode - BySignal}{last}"),
            _ => Verdict(SandboxEnding.Crashed, $"ended with exit code {exitCode}{last}"),
        };
    }

    private static ProcessStartInfo StartInfo(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };

        // The process needs no secret, and a library that a bad model has taken over should find none.
        foreach (
            var name in start.Environment.Keys.Where(name => !Inherited.Contains(name) && !InheritedPrefixes.Any(name.StartsWith)).ToList())
        {
            start.Environment.Remove(name);
        }

        // No debugger's socket, no collector thread, no counting for an optimization that a short life never sees, and loops
        // over logits are compiled well at once.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_TC_QuickJitForLoops"] = "0";
        return start;
    }

    private sealed record RequestClock(long Start, TimeSpan Wall, TimeSpan MostCpu, TimeSpan Cpu);
}
