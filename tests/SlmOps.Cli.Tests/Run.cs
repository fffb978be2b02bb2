using System.CommandLine;

namespace SlmOps.Cli.Tests;

/// <summary>Runs the command line in this process, with its output in hand.</summary>
internal static class Run
{
    internal static async Task<(int Code, string Output, string Error)> Async(params string[] arguments)
    {
        var (output, error) = (Console.Out, Console.Error);
        using var written = new StringWriter();
        using var failed = new StringWriter();
        try
        {
            Console.SetOut(written);
            Console.SetError(failed);
            var code = await CommandTree.RunAsync(
                arguments, new InvocationConfiguration { Output = written, Error = failed }, TestContext.Current.CancellationToken);
            return (code, written.ToString(), failed.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
