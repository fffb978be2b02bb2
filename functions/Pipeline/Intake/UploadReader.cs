using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using SlmOps.Contracts;
using SlmOps.Pipeline.Runs;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Intake;

/// <summary>
/// Finds an upload exactly as it was when it was listed, within limits. What people write is brought into a local folder; the
/// model itself is read where it lies.
/// </summary>
internal sealed class UploadReader(BlobServiceClient blobs, PipelineOptions options)
{
    /// <summary>Of a problem with an upload that was overwritten while it was read.</summary>
    internal const string ChangedCode = "upload-changed";

    /// <summary>The name of a dropped file inside its folder.</summary>
    internal const string DroppedModel = "model.onnx";

    /// <summary>Lists an upload and fetches its texts.</summary>
    internal async Task<FoundUpload> FindAsync(UploadName upload, string folder, CancellationToken cancellationToken)
    {
        var container = blobs.GetBlobContainerClient(upload.Container);
        var listed = new List<BlobItem>();
        await foreach (var blob in container.GetBlobsAsync(
            new GetBlobsOptions { Prefix = upload.Prefix }, cancellationToken).ConfigureAwait(false))
        {
            if (upload.Container == Containers.Models || blob.Name == upload.Blob)
            {
                listed.Add(blob);
            }

            if (listed.Count > options.MaxUploadFiles)
            {
                break;
            }
        }

        var problems = Check(upload, listed, options);
        if (problems.Count > 0)
        {
            return new([], default, problems);
        }

        var files = listed
            .OrderBy(blob => blob.Name, StringComparer.Ordinal)
            .Select(blob => new UploadFile(
                PathOf(upload, blob.Name),
                new(container.GetBlobClient(blob.Name), blob.Properties.ETag ?? default, blob.Properties.ContentLength ?? 0)))
            .ToList();
        var found = new FoundUpload(files, listed.Max(blob => blob.Properties.LastModified ?? default), []);
        var texts = files.Where(file => file.Blob.Length <= options.MaxTextBytes && !ModelFiles.IsModel(file.Path));
        return await FetchAsync(found, texts.Select(file => file.Path), folder, cancellationToken).ConfigureAwait(false) is { } changed
            ? new([], default, [changed])
            : found;
    }

    /// <summary>Brings files into the folder that are not there yet.</summary>
    /// <returns>What happened to the upload meanwhile, or null.</returns>
    internal static async Task<Problem?> FetchAsync(
        FoundUpload found, IEnumerable<string> paths, string folder, CancellationToken cancellationToken)
    {
        var wanted = paths.ToHashSet(StringComparer.Ordinal);
        foreach (var (path, blob) in found.Files.Where(file => wanted.Contains(file.Path)))
        {
            var target = WorkFolder.PathOf(folder, path);
            if (File.Exists(target))
            {
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            try
            {
                await blob.Client.DownloadToAsync(
                    target,
                    new BlobDownloadToOptions { Conditions = new BlobRequestConditions { IfMatch = blob.ETag } },
                    cancellationToken).ConfigureAwait(false);
            }
            catch (RequestFailedException gone) when (gone.Status is 404 or 412)
            {
                return Changed(await blob.ChangedAsync(gone, cancellationToken).ConfigureAwait(false));
            }
        }

        return null;
    }

    /// <summary>What to say of an upload that is not what it was when it was listed.</summary>
    internal static Problem Changed(BlobChangedException changed) => changed.IsDeleted
        ? new("upload-deleted", $"{changed.Container}/{changed.Blob} was deleted before it was read.", "Upload it again.", changed.Blob)
        : new(
            ChangedCode,
            $"{changed.Blob} was overwritten while it was read.",
            "Upload all files first, and the one that starts the run last.",
            changed.Blob);

    internal static string PathOf(UploadName upload, string blob) =>
        upload.Container == Containers.Drop ? DroppedModel : blob[upload.Prefix.Length..];

    /// <summary>What is wrong with an upload, from its listing alone.</summary>
    internal static IReadOnlyList<Problem> Check(UploadName upload, IReadOnlyList<BlobItem> listed, PipelineOptions options)
    {
        // First, because the listing ends here: what started the upload may come after it.
        if (listed.Count > options.MaxUploadFiles)
        {
            return [new("too-many-files", $"{upload.Container}/{upload.Prefix} has more than {options.MaxUploadFiles} files.",
                "Upload only the files of the model.")];
        }

        if (listed.All(blob => blob.Name != upload.Blob))
        {
            return [new("upload-deleted", $"{upload.Container}/{upload.Blob} was deleted before it was read.", "Upload it again.",
                upload.Blob)];
        }

        var problems = new List<Problem>();
        var bytes = listed.Sum(blob => blob.Properties.ContentLength ?? 0);
        foreach (var blob in listed.Where(blob => blob.Properties.ContentLength > options.MaxFileBytes))
        {
            problems.Add(new("file-too-large",
                $"{blob.Name} has {blob.Properties.ContentLength} bytes; the limit is {options.MaxFileBytes}.",
                "Upload a smaller file or raise SlmOps:MaxFileBytes.", blob.Name));
        }

        if (bytes > options.MaxUploadBytes)
        {
            problems.Add(new("upload-too-large", $"The upload has {bytes} bytes; the limit is {options.MaxUploadBytes}.",
                "Upload a smaller model or raise SlmOps:MaxUploadBytes."));
        }

        problems.AddRange(listed
            .Where(blob => !SafePath.IsValid(PathOf(upload, blob.Name)))
            .Select(blob => new Problem("path-unsafe", $"The file name '{blob.Name}' is not allowed: {SafePath.Rule}.",
                "Rename the file.", blob.Name)));
        return problems;
    }
}

/// <summary>A file of an upload, where it lies.</summary>
/// <param name="Path">Its path in the upload.</param>
/// <param name="Blob">The blob.</param>
internal sealed record UploadFile(string Path, PinnedBlob Blob);

/// <summary>An upload as it was listed; no files when there are problems.</summary>
internal sealed record FoundUpload(IReadOnlyList<UploadFile> Files, DateTimeOffset NewestAt, IReadOnlyList<Problem> Problems)
{
    /// <summary>The files by their paths, for whoever reads them where they lie.</summary>
    internal IReadOnlyDictionary<string, PinnedBlob> Blobs => Files.ToDictionary(file => file.Path, file => file.Blob);
}
