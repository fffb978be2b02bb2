using System.CommandLine;

namespace SlmOps.Cli.Push;

/// <summary><c>slmops push model.onnx|folder</c>.</summary>
internal static class PushCommand
{
    internal static Command Build()
    {
        var path = new Argument<string>("path")
        {
            Description =
                "An .onnx file, or a folder with a model, its tokenizer, evaluation text and slmops.json, or a folder with an adaptation",
        };
        var name = new Option<string?>("--name")
        {
            Description = "Model name (default: slmops.json, else the file or folder name)",
            HelpName = "NAME",
        };
        var version = new Option<string?>("--version")
        {
            Description = "Version (default: slmops.json, else 1.0.0 for a folder and the digest for a file)",
            HelpName = "VERSION",
        };
        var json = new Option<bool>("--json") { Description = "Print {model, version, container, files} as JSON on standard output" };
        var connection = new ConnectionOptions();
        var command = new Command(
            "push",
            "Upload a model. Any storage tool can do the same: drop one file into container `drop`, or a folder into "
                + "`models/NAME/VERSION/` with slmops.json last."
        )
        {
            path, name, version, json,
        };
        connection.AddTo(command);
        command.SetAction(
            (parsed, cancellationToken) =>
                Guard.RunAsync(async () =>
                {
                    var terminal = Terminal.Open(parsed.GetValue(json));
                    var plan = PushFiles.Of(parsed.GetValue(path)!, parsed.GetValue(name), parsed.GetValue(version));
                    var found = Connection.Find(connection, parsed);
                    await new Uploader(Uploader.Open(found.StorageConnectionString), terminal)
                        .RunAsync(plan, cancellationToken)
                        ;
                    terminal.Say(
                        plan.Version is null
                            ? $"Uploaded {plan.Model}; its version is made from its digest."
                            : $"Uploaded. Follow it with: slmops watch {plan.Model}/{plan.Version}");
                    terminal.Result(
                        new
                        {
                            plan.Model,
                            plan.Version,
                            plan.Container,
                            Files = plan.Files.Select(file => file.Blob),
                        }
                    );
                    return ExitCode.Done;
                }));
        return command;
    }
}
