using System.Text.Json;
using SlmOps.Cli.Models;
using SlmOps.Contracts;
using SlmOps.Packaging;
using SlmOps.Packaging.Storage;
using SlmOps.Pipeline.ByHand;
using SlmOps.Quantizer.Inspection;

namespace SlmOps.Cli.Push;

/// <summary>What to upload where, in order, as the folder is now.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Version; null for a dropped file, whose version is made from its digest.</param>
/// <param name="Container">Container.</param>
/// <param name="Files">Local path and blob name; the one that starts the run is last.</param>
/// <param name="Manifest">A slmops.json to make up where the folder has none.</param>
internal sealed record PushFiles(
    ModelName Model, ModelVersion? Version, string Container, IReadOnlyList<(string Path, string Blob)> Files, string? Manifest)
{
    internal static PushFiles Of(string path, string? name, string? version)
    {
        if (Directory.Exists(path))
        {
            return OfFolder(Path.GetFullPath(path), name, version);
        }

        if (!File.Exists(path))
        {
            throw new CliException($"There is no file or folder '{path}'.", ExitCode.Usage);
        }

        PlainFile.Require(path);
        if (!path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            throw new CliException($"'{path}' is not an .onnx file; push a model or a folder with one.", ExitCode.Usage);
        }

        var model = Lenient<ModelName>(name ?? Path.GetFileNameWithoutExtension(path));
        var blob = version is null ? $"{model}.onnx" : $"{model}/{Lenient<ModelVersion>(version)}.onnx";
        var (droppedModel, droppedVersion) = UploadFolder.Dropped(blob);
        return new(droppedModel, CliName.Find<ModelVersion>(droppedVersion), "drop", [(Path.GetFullPath(path), blob)], null);
    }

    private static PushFiles OfFolder(string folder, string? name, string? version)
    {
        var files = FolderFiles.Of(folder).ToList();
        var manifest = files.FirstOrDefault(file => file.Relative == UploadFolder.ManifestFile).Path;
        if (!files.Exists(file => file.Relative.EndsWith(".onnx", StringComparison.Ordinal))
            && (manifest is null || !UploadFolder.IsAdaptation(File.ReadAllBytes(manifest))))
        {
            throw new CliException($"'{folder}' has no .onnx file, and no slmops.json that says what it adapts.", ExitCode.Usage);
        }

        var (givenName, givenVersion) = manifest is null ? (null, null) : ReadNames(manifest);
        var model = Lenient<ModelName>(name ?? givenName ?? Path.GetFileName(folder));
        var release = Lenient<ModelVersion>(version ?? givenVersion ?? "1.0.0");
        if (
            files.Find(file => new FileInfo(file.Path) is { LinkTarget: not null } link && !CacheLinks.Leads(link, folder)) is
            { Path: not null } strange)
        {
            throw new CliException(
                $"'{strange.Relative}' is a link that leads out of the folder. Links inside of it, or into the blobs of a download "
                    + "cache, are followed; copy the real file.",
                ExitCode.Usage);
        }

        var uploads = files.Where(file => file.Relative != UploadFolder.ManifestFile)
            .Select(file => (file.Path, $"{model}/{release}/{file.Relative}"))
            .ToList();

        // slmops.json starts the run, so everything else must be there before it.
        uploads.Add((manifest ?? "", $"{model}/{release}/{UploadFolder.ManifestFile}"));
        return new(model, release, "models", uploads, manifest is null ? "{}" : null);
    }

    private static (string? Name, string? Version) ReadNames(string manifest)
    {
        try
        {
            using var json = JsonDocument.Parse(
                File.ReadAllText(manifest),
                new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip }
            );
            return (Text(json.RootElement, "name"), Text(json.RootElement, "version"));
        }
        catch (JsonException)
        {
            // Intake says what is wrong with it, with line and cure.
            return (null, null);
        }
    }

    private static string? Text(JsonElement root, string key) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static T Lenient<T>(string text)
        where T : struct, IName<T> => CliName.Find<T>(text.ToLowerInvariant()) ?? throw CliName.Refusal<T>(text);
}
