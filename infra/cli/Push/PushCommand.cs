using System.CommandLine;
using SlmOps.Cli.Watch;
using SlmOps.Contracts.Operator;

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
        var parallel = new Option<int>("--parallel")
        {
            Description = $"Requests at a time, 1 to {Uploader.MostParallel}",
            HelpName = "N",
            DefaultValueFactory = _ => Uploader.UsualParallel,
        };
        parallel.Validators.Add(given =>
        {
            if (given.GetValueOrDefault<int>() is < 1 or > Uploader.MostParallel)
            {
                given.AddError($"--parallel takes 1 to {Uploader.MostParallel}.");
            }
        });
        var json = new Option<bool>("--json") { Description = "Print {model, version, container, files} as JSON on standard output" };
        var connection = new ConnectionOptions();
        var command = new Command(
            "push",
            "Upload a model. Any storage tool can do the same: drop one file into container `drop`, or a folder into "
                + "`models/NAME/VERSION/` with slmops.json last. A push that was interrupted goes on where it stopped when the same "
                + "command is given again."
        )
        {
            path, name, version, parallel, json,
        };
        connection.AddTo(command);
        command.SetAction(
            (parsed, cancellationToken) =>
                Guard.RunAsync(async () =>
                {
                    var terminal = Terminal.Open(parsed.GetValue(json));
                    var plan = PushFiles.Of(parsed.GetValue(path)!, parsed.GetValue(name), parsed.GetValue(version));
                    var found = Connection.Find(connection, parsed);
                    await RefuseKnownAsync(plan, found, cancellationToken);
                    await new Uploader(
                        Uploader.Open(found.StorageConnectionString), terminal, TimeProvider.System, parsed.GetValue(parallel))
                        .RunAsync(plan, cancellationToken);
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

    /// <summary>A version is made once. What holds it says so; uploading it again would do nothing.</summary>
    private static async Task RefuseKnownAsync(PushFiles plan, Connection connection, CancellationToken cancellationToken)
    {
        if (plan.Version is not { } version)
        {
            return;
        }

        RunStatus? known;
        try
        {
            using var client = new OperatorClient(connection);
            known = await client.ModelAsync(plan.Model, version, cancellationToken);
        }
        catch (Exception unknown) when (unknown is HttpRequestException or CliException)
        {
            // An upload needs storage alone.
            return;
        }

        // What intake refused left nothing behind, and may come again.
        if (known is { ReceivedAt: not null })
        {
            throw new CliException(
                $"{plan.Model}/{version} exists already and is {StatusChanges.Name(known.State)}; nothing was done. "
                + "Give it another version"
                + (known.ReleaseDigest.IsEmpty
                    ? "."
                    : $", or start it again: slmops rollout start {known.Channel} {plan.Model}/{version}"));
        }
    }
}
