using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Storage;

namespace SlmOps.Pipeline.Repository;

/// <summary>
/// Puts root files that lie in a folder beside the other metadata: on one machine the folder is the platform's own, in
/// Azure they are uploaded by hand. The pipeline never makes one, for it holds no root key.
/// </summary>
internal sealed class RootUpload(MetadataFiles files, PipelineOptions options) : StartupStep
{
    public override async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (options.RootFolder.Length == 0 || !Directory.Exists(options.RootFolder))
        {
            return;
        }

        foreach (var path in Directory.EnumerateFiles(options.RootFolder, "*.root.json"))
        {
            var (name, bytes) = (Path.GetFileName(path), await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false));
            TufRoot.Read(bytes);
            if (!await files.TryWriteAsync(name, bytes, cancellationToken).ConfigureAwait(false)
                && await files.ReadAsync(name, TufFileName.MaxBytes, cancellationToken).ConfigureAwait(false) is { } stored
                && !stored.AsSpan().SequenceEqual(bytes))
            {
                throw new InvalidOperationException(
                    $"'{path}' is not the metadata/{name} in storage. Devices trust what they began with: restore the file that was "
                        + "published."
                );
            }
        }
    }
}
