using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace SlmOps.Inference.Sandbox;

/// <summary>
/// The process that runs models: reads requests from its standard input, answers on its standard output, and ends when
/// the input does, whatever it is doing then.
/// </summary>
public static class SandboxServer
{
    /// <summary>Serves one parent until its end of the pipe closes.</summary>
    /// <returns>The process's exit code: 0, or 1 when the parent did not keep to the protocol.</returns>
    public static int Run()
    {
        using var runner = new RequestRunner();
        return Run(runner.Run);
    }

    /// <summary>
    /// The same for a program that runs models in a way of its own, in that way alone; the lab also asks it for trials, since it is
    /// that program's runtime that is tried.
    /// </summary>
    /// <param name="work">Answers what <see cref="ModelSandbox.DoAsync"/> asked.</param>
    public static int Run(Func<string, string> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        using var runner = new RequestRunner();
        return Run((request, progress) =>
        {
            try
            {
                return request switch
                {
                    RunRequest.Own own => new() { Own = work(own.Body) },
                    RunRequest.Trial => runner.Run(request, progress),
                    _ => RequestRunner.Unknown(request),
                };
            }
            catch (OutOfMemoryException exception)
            {
                return new() { Failure = new(RunFailureKind.Memory, "out-of-memory", "", exception.Message) };
            }
        });
    }

    private static int Run(Func<RunRequest, IProgress<double>, RunReply> work)
    {
        using var output = OpenOutput();
        using var requests = new BlockingCollection<RunRequest>();
        var reader = new Thread(() => Read(requests)) { IsBackground = true, Name = "requests" };
        reader.Start();
        RunLimits? limits = null;
        foreach (var request in requests.GetConsumingEnumerable())
        {
            switch (request)
            {
                case RunRequest.Limit start when limits is null:
                    limits = start.Limits;
                    Say(output, new() { Ready = ChildLimits.Apply(limits, start.Parent) }, limits.AnswerBytes);
                    break;
                case var asked when limits is not null:
                    ChildLimits.StartRequest(limits);
                    Say(
                        output,
                        work(asked, new ProgressReplies(share => Say(output, new() { Progress = share }, limits.AnswerBytes))),
                        limits.AnswerBytes);
                    break;
                default:
                    return 1;
            }
        }

        return 0;
    }

    private static void Read(BlockingCollection<RunRequest> requests)
    {
        using var input = Console.OpenStandardInput();
        try
        {
            while (
                Frames
                    .ReadAsync(input, SandboxJson.Default.RunRequest, Frames.RequestBytes, CancellationToken.None)
                    .AsTask()
                    .GetAwaiter()
                    .GetResult()
                    is { } request)
            {
                requests.Add(request);
            }

            Leave(0);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            Console.Error.WriteLine(exception.Message);
            Leave(1);
        }
    }

    /// <summary>At once: a model that computes for hours waits for nobody.</summary>
    private static void Leave(int code)
    {
        if (OperatingSystem.IsWindows())
        {
            Environment.Exit(code);
        }

        SystemCalls.Exit(code);
    }

    /// <summary>The pipe under another number: what a library prints then goes to standard error and breaks no message.</summary>
    private static Stream OpenOutput()
    {
        const int Output = 1;
        const int Error = 2;
        if (OperatingSystem.IsWindows() || SystemCalls.Duplicate(Output) is not (>= 0 and var copy))
        {
            return Console.OpenStandardOutput();
        }

        _ = SystemCalls.DuplicateTo(Error, Output);
        return new FileStream(new SafeFileHandle(copy, ownsHandle: true), FileAccess.Write, bufferSize: 0);
    }

    private static void Say(Stream output, RunReply reply, int most)
    {
        var frame = Frames.Encode(reply, SandboxJson.Default.RunReply);
        if (frame.Length > most)
        {
            frame = Frames.Encode(
                new()
                {
                    Failure = new(
                        RunFailureKind.Data,
                        "too-much-output",
                        "",
                        $"The answer has {frame.Length} bytes; at most {most} are taken."),
                },
                SandboxJson.Default.RunReply);
        }

        output.Write(frame);
        output.Flush();
    }

    /// <summary>One reply a percent, not one a window.</summary>
    private sealed class ProgressReplies(Action<double> say) : IProgress<double>
    {
        private double _said;

        public void Report(double value)
        {
            if (value - _said >= 0.01 || value >= 1)
            {
                _said = value;
                say(value);
            }
        }
    }
}
