using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using SlmOps.Contracts;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Intake;

/// <summary>Brings an upload into a local folder, within limits, exactly as it was when it was listed.</summary>
internal sealed class UploadReader(BlobServiceClient blobs, PipelineOptions options)
{
    /// <summary>The name of a dropped file inside its folder.</summary>
    internal const string DroppedModel = "model.onnx";

    internal async Task<Upload> FetchAsync(UploadName upload, string folder, CancellationToken cancellationToken)
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

        var problems = Check(upload, listed);
        return problems.Count > 0
            ? new([], default, problems)
            : await DownloadAsync(upload, container, listed, folder, cancellationToken).ConfigureAwait(false);
    }

    internal static string PathOf(UploadName upload, string blob) =>
        upload.Container == Containers.Drop ? DroppedModel : blob[upload.Prefix.Length..];

    private List<Problem> Check(UploadName upload, List<BlobItem> listed)
    {
        // First, because the listing ends here: what started the upload may come after it.
        if (listed.Count > options.MaxUploadFiles)
        {
            return [new("too-many-files", $"{upload.Container}/{upload.Prefix} has more than {options.MaxUploadFiles} files.",
                "Upload only the files of the model.")];
        }

        if (!listed.Exists(blob => blob.Name == upload.Blob))
        {
            return [Deleted(upload, upload.Blob)];
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

    private static async Task<Upload> DownloadAsync(
        UploadName upload, BlobContainerClient container, List<BlobItem> listed, string folder, CancellationToken cancellationToken)
    {
        var files = new List<StoredFile>();
        foreach (var item in listed.OrderBy(blob => blob.Name, StringComparer.Ordinal))
        {
            var path = WorkFolder.PathOf(folder, PathOf(upload, item.Name));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            try
            {
                // The ETag of the listing makes the folder one moment's picture, whatever the uploader does meanwhile.
                await container.GetBlobClient(item.Name).DownloadToAsync(
                    path,
                    new BlobDownloadToOptions { Conditions = new BlobRequestConditions { IfMatch = item.Properties.ETag } },
                    cancellationToken).ConfigureAwait(false);
            }
            catch (RequestFailedException gone) when (gone.Status == 404)
            {
                return new([], default, [Deleted(upload, item.Name)]);
            }
            catch (RequestFailedException changed) when (changed.Status == 412)
            {
                return new([], default, [new("upload-changed", $"{item.Name} was overwritten while it was read.",
                    $"Upload all files, then {upload.Blob} last.", item.Name)]);
            }

            using var file = File.OpenRead(path);
            var digest = await Digest.OfAsync(file, cancellationToken).ConfigureAwait(false);
            files.Add(new(PathOf(upload, item.Name), digest, file.Length));
        }

        return new(files, listed.Max(blob => blob.Properties.LastModified ?? default), []);
    }

    private static Problem Deleted(UploadName upload, string blob) => new(
        "upload-deleted", $"{upload.Container}/{blob} was deleted before it was read.", "Upload it again.", blob);
}

/// <summary>A fetched upload; no files when there are problems.</summary>
internal sealed record Upload(IReadOnlyList<StoredFile> Files, DateTimeOffset NewestAt, IReadOnlyList<Problem> Problems)
{
    /// <summary>Digest over paths and digests, in the order of the paths.</summary>
    internal Digest SourceDigest => Digest.Of(System.Text.Encoding.UTF8.GetBytes(
        string.Concat(Files.OrderBy(file => file.Path, StringComparer.Ordinal).Select(file => $"{file.Path}\0{file.Digest}\n"))));
}
