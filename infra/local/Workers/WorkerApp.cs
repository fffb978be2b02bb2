using System.Text.Json;

namespace SlmOps.Local.Workers;

/// <summary>A built isolated app, as its build output describes itself.</summary>
/// <param name="Folder">Full path of the build output.</param>
/// <param name="Executable">What to start.</param>
/// <param name="Arguments">Its first arguments.</param>
internal sealed record WorkerApp(string Folder, string Executable, IReadOnlyList<string> Arguments)
{
    private const string ConfigName = "worker.config.json";
    private const string Language = "dotnet-isolated";
    private const long MaxConfigBytes = 64 * 1024;

    /// <summary>Path of the app's host.json; null when it has none.</summary>
    public string? HostJson => Path.Combine(Folder, "host.json") is var path && File.Exists(path) ? path : null;

    /// <exception cref="LocalPlatformException">When the folder holds no isolated app.</exception>
    public static WorkerApp Read(string folder)
    {
        var full = Path.GetFullPath(folder);
        var path = Path.Combine(full, ConfigName);
        try
        {
            if (!File.Exists(path))
            {
                throw new LocalPlatformException(
                    $"{full} holds no built Functions app: {ConfigName} is missing. Build the app (dotnet build), and name its output "
                        + "folder."
                );
            }

            if (new FileInfo(path).Length > MaxConfigBytes)
            {
                throw new LocalPlatformException($"{path} has more than {MaxConfigBytes} bytes; it is no {ConfigName}.");
            }

            // {"description":{"language":"dotnet-isolated","defaultExecutablePath":"dotnet","defaultWorkerPath":"App.dll",…}}
            using var document = JsonDocument.Parse(File.ReadAllText(path));
            return From(full, path, document.RootElement.GetProperty("description"));
        }
        catch (Exception e)
            when (e is JsonException or KeyNotFoundException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new LocalPlatformException($"{path} cannot be read: {e.Message} Build the app again.", e);
        }
    }

    private static WorkerApp From(string folder, string path, JsonElement description)
    {
        var language = Text(description, "language");
        if (language != Language)
        {
            throw new LocalPlatformException($"{path} describes a worker for '{language}'; this host runs {Language}.");
        }

        var executable = Text(description, "defaultExecutablePath") ?? "dotnet";
        var program = Text(description, "defaultWorkerPath") ?? "";
        if (executable == "dotnet")
        {
            return File.Exists(Inside(folder, program, path))
                ? new(folder, Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Inside(folder, program, path)])
                : throw new LocalPlatformException($"{path} names '{program}', which is not there; build the app again.");
        }

        // A self-contained app names its own executable, as {WorkerRoot}App.
        var own = Inside(folder, executable.Replace("{WorkerRoot}", "", StringComparison.Ordinal), path);
        return File.Exists(own)
            ? new(folder, own, [])
            : throw new LocalPlatformException($"{path} names '{executable}', which is not there; build the app again.");
    }

    private static string Inside(string folder, string name, string config)
    {
        var full = Path.GetFullPath(Path.Combine(folder, name));
        return full.StartsWith(folder.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? full
            : throw new LocalPlatformException($"{config} names '{name}', which does not lie in {folder}.");
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
