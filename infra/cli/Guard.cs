using SlmOps.Local;
using SlmOps.Packaging;

namespace SlmOps.Cli;

/// <summary>Turns what a user can cause into one line and an exit code; a defect keeps its stack trace.</summary>
internal static class Guard
{
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
        catch (LocalPlatformException refused)
        {
            Terminal.Open(json: false).Fail(refused.Message);
            return ExitCode.Failed;
        }
        catch (Exception refused) when (refused is PackageFormatException or InvalidDataException)
        {
            Terminal.Open(json: false).Fail(refused.Message);
            return ExitCode.Failed;
        }
        catch (HttpRequestException unreachable)
        {
            Terminal.Open(json: false).Fail($"The system cannot be reached: {unreachable.Message}");
            return ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            Terminal.Open(json: false).Fail("Cancelled.");
            return ExitCode.Failed;
        }
    }
}
