using System.Text.Json;
using Azure;
using SlmOps.Local;
using SlmOps.Packaging;
using SlmOps.Pipeline.ByHand;

namespace SlmOps.Cli;

/// <summary>
/// Turns whatever goes wrong into a message and an exit code. No input makes a command print a stack trace; one of a defect is
/// shown to whoever asks for it.
/// </summary>
internal static class Guard
{
    internal const string TraceVariable = "SLMOPS_TRACE";

    internal static async Task<int> RunAsync(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (CliException refused)
        {
            Terminal.Open(json: false).Fail(refused.Message);
            return refused.Code;
        }
        catch (Exception fault)
        {
            Terminal.Open(json: false).Fail(Message(fault));
            if (Environment.GetEnvironmentVariable(TraceVariable) is { Length: > 0 })
            {
                await Console.Error.WriteLineAsync(fault.ToString());
            }

            return ExitCode.Failed;
        }
    }

    internal static string Message(Exception fault) => fault switch
    {
        LocalPlatformException or PackageFormatException or InvalidDataException or UploadRefusedException => fault.Message,
        HttpRequestException => $"The system cannot be reached: {fault.Message}",
        OperationCanceledException { InnerException: TimeoutException } => "The system does not answer.",
        OperationCanceledException => "Cancelled.",
        RequestFailedException refused => $"Storage refused: {refused.ErrorCode ?? FirstLine(refused.Message)}",
        AggregateException { InnerException: RequestFailedException refused } => $"Storage cannot be reached: {FirstLine(refused.Message)}",
        JsonException => $"This is not the JSON that was expected: {fault.Message}",
        IOException or UnauthorizedAccessException => fault.Message,
        _ => $"slmops failed in a way that it should not: {FirstLine(fault.Message)} ({fault.GetType().Name}). "
            + $"Please report it; {TraceVariable}=1 shows where.",
    };

    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();
}
