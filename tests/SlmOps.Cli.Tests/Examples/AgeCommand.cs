using System.CommandLine;

namespace SlmOps.Cli.Tests.Examples;

internal static class AgeCommand
{
    internal static Command Build()
    {
        var file = new Argument<FileInfo>("file") { Description = "A model file" };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON on standard output" };
        var command = new Command("age", "Say how old a model file is.") { file, json };
        command.SetAction(
            (parsed, _) => Guard.RunAsync(() => Task.FromResult(Run(parsed.GetValue(file)!, parsed.GetValue(json), TimeProvider.System))));
        return command;
    }

    internal static int Run(FileInfo file, bool json, TimeProvider time)
    {
        if (!file.Exists)
        {
            throw new CliException($"{file.FullName} does not exist. Name a file that ends with .onnx.");
        }

        var terminal = Terminal.Open(json);
        var age = new Age(file.Name, (int)(time.GetUtcNow() - file.LastWriteTimeUtc).TotalDays);
        terminal.Say($"{age.File} is {age.Days} days old.");
        terminal.Result(age);
        return ExitCode.Done;
    }

    internal sealed record Age(string File, int Days);
}
