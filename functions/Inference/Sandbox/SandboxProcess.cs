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
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly RunLimits _limits;
    private readonly bool _launched;
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

    /// <param name="launcher">What starts the program, before it; empty for nothing. Memory and threads are then the launcher's to
    /// limit, because the process that is seen may be its own; the program still asks the system for its limits.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="limits">What it may take.</param>
    /// <param name="clock">Clock of the time limit.</param>
    internal SandboxProcess(IReadOnlyList<string> launcher, IReadOnlyList<string> command, RunLimits limits, TimeProvider clock)
    {
        (_limits, _clock, _launched) = (limits, clock, launcher.Count > 0);
        _process = new() { StartInfo = SandboxStart.Of(launcher, command) };
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
        if (_started.Task.IsCompletedSuccessfully)
        {
            CloseInput();
        }

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
    internal SandboxException Verdict(SandboxEnding ending, string what, bool atLimit = true) =>
        new(
            ending,
            $"{SandboxException.CodeOf(ending)}: {what} (memory {Figures.Bytes(_peak.Resident)} at its peak, processor "
                + $"{Figures.Time(_peak.Cpu)})"
        )
        {
            AtLimit = atLimit,
        };

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

    /// <summary>A program that its launcher left behind sees the end of its input, and goes too.</summary>
    private void CloseInput()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // There is nobody left to read what was not written yet, or it is closed.
        }
    }

    private void Live()
    {
        Task errors;
        try
        {
            _process.Start();
            errors = _errors.ReadAsync(_process.StandardError);
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

        _group = _launched ? null : ControlGroup.TryCreate(_process.Id, _limits.MemoryBytes + OwnMemory, _limits.Threads);
        _started.SetResult();
        while (!_process.WaitForExit(PollMilliseconds))
        {
            if (_verdict is null && Watch() is { } verdict)
            {
                _verdict = verdict;
                Kill();
            }
        }

        // What it started may hold the pipe open for longer.
        errors.Wait(LastWords);
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
        if (!_launched && use.Resident > _limits.MemoryBytes + OwnMemory)
        {
            return Verdict(SandboxEnding.OutOfMemory, $"the model may take {Figures.Bytes(_limits.MemoryBytes)}");
        }

        if (!_launched && use.Threads > _limits.Threads)
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
            _ when _group is { RanOutOfMemory: true } => Verdict(
                SandboxEnding.OutOfMemory,
                $"the model may take {Figures.Bytes(_limits.MemoryBytes)}"),
            _ when _errors.SpeaksOfMemory => Verdict(
                SandboxEnding.OutOfMemory,
                $"the model may take {Figures.Bytes(_limits.MemoryBytes)}{last}",
                atLimit: false),

            // Nobody else kills it than the kernel that has no memory left.
            BySignal + SystemCalls.Killed => Verdict(
                SandboxEnding.OutOfMemory,
                "the system ended the process with SIGKILL, which it does when memory runs out" + last,
                atLimit: false),
            > BySignal and < BySignal + 65 => Verdict(
                SandboxEnding.Crashed,
                $"ended by {SystemCalls.SignalName(exitCode - BySignal)}{last}",
                atLimit: false),
            _ => Verdict(SandboxEnding.Crashed, $"ended with exit code {exitCode}{last}", atLimit: false),
        };
    }

    private sealed record RequestClock(long Start, TimeSpan Wall, TimeSpan MostCpu, TimeSpan Cpu);
}
