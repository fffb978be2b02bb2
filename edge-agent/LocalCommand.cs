using System.CommandLine;
using System.Security.Cryptography;
using SlmOps.EdgeAgent.Slots;
using SlmOps.Packaging;

namespace SlmOps.EdgeAgent;

/// <summary><c>slmops-agent local add|list|remove</c>: the device's own layer over the model that it runs.</summary>
internal static class LocalCommand
{
    private const string Description = """
        The device's own layer: files that are laid over the model that runs, below adapters/local/, signed with the
        device's own key and made for that model alone. Where the model changes, the layer waits until it is back.
        A running agent sees a change by itself.
        """;

    internal static Command Build()
    {
        var folder = new Argument<string>("folder")
        {
            Description = "Folder with the files of the layer; it takes the place of the layer before",
        };
        return new("local", Description)
        {
            One("add", "Copy a folder's files, sign them, and lay them over the model that runs", [folder],
                (desk, parsed, cancellationToken) => desk.AddAsync(parsed.GetValue(folder)!, cancellationToken)),
            One("list", "Print the layer's files and what became of it, as JSON", [], (desk, _, _) => Task.FromResult(desk.List())),
            One("remove", "Forget the layer; its files are deleted", [], (desk, _, _) => Task.FromResult(desk.Remove())),
        };
    }

    private static Command One(
        string name,
        string description,
        IReadOnlyList<Argument> arguments,
        Func<LocalDesk, ParseResult, CancellationToken, Task<string>> run)
    {
        var data = new Option<string>("--data") { HelpName = "folder", Description = "The agent's data folder; SLMOPS_DATA unless given." };
        var command = new Command(name, description) { data };
        foreach (var argument in arguments)
        {
            command.Add(argument);
        }

        command.SetAction(async (parsed, cancellationToken) =>
        {
            var root = parsed.GetValue(data) ?? Environment.GetEnvironmentVariable("SLMOPS_DATA");
            if (string.IsNullOrWhiteSpace(root) || !Directory.Exists(root))
            {
                await Console.Error.WriteLineAsync("--data is missing or no folder: the agent's data folder.");
                return 2;
            }

            try
            {
                await Console.Out.WriteLineAsync(await run(new(new(root)), parsed, cancellationToken));
                return 0;
            }
            catch (Exception exception) when (exception is LocalLayerException or PackageFormatException or InvalidDataException
                or InvalidOperationException or IOException or UnauthorizedAccessException or CryptographicException)
            {
                await Console.Error.WriteLineAsync($"slmops-agent local {name}: {exception.Message}");
                return 1;
            }
        });
        return command;
    }
}
