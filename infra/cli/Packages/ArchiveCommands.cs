using System.CommandLine;
using SlmOps.Packaging.Layout;

namespace SlmOps.Cli.Packages;

/// <summary><c>slmops export</c> and <c>slmops import</c>: a layout as one file, for carrying by hand.</summary>
internal static class ArchiveCommands
{
    internal static Command Export()
    {
        var layout = new Argument<string>("layout") { Description = "Folder of an OCI image-layout" };
        var file = new Option<string>("--oci-archive")
        {
            Description = "Tar file to write; the same layout always gives the same file",
            HelpName = "FILE",
            Required = true,
        };
        var command = new Command("export", "Write a layout as one tar file that other tools call an OCI archive.") { layout, file };
        command.SetAction((parsed, cancellationToken) => RunAsync(async () =>
        {
            var folder = parsed.GetValue(layout)!;
            _ = LayoutReader.ReadReleases(folder);
            await OciArchive.WriteAsync(folder, parsed.GetValue(file)!, cancellationToken);
        }));
        return command;
    }

    internal static Command Import()
    {
        var file = new Argument<string>("file") { Description = "OCI archive" };
        var output = new Option<string>("--out") { Description = "Folder of the layout to write", HelpName = "FOLDER", Required = true };
        var command = new Command("import", "Read an OCI archive into a layout; every blob is checked. Verify it before use.")
        {
            file,
            output,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(async () =>
        {
            Models.ModelArguments.RequireFile(parsed.GetValue(file)!);
            await OciArchive.ReadAsync(parsed.GetValue(file)!, parsed.GetValue(output)!, cancellationToken);
        }));
        return command;
    }

    private static Task<int> RunAsync(Func<Task> work) => Guard.RunAsync(async () =>
    {
        await work();
        return ExitCode.Done;
    });
}
