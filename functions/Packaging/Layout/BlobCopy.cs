using SlmOps.Packaging.Storage;

namespace SlmOps.Packaging.Layout;

/// <summary>Copies a blob between stores.</summary>
internal static class BlobCopy
{
    internal static async Task CopyAsync(IBlobSource from, IBlobStore to, BlobRef blob, CancellationToken cancellationToken)
    {
        if (await to.ExistsAsync(blob.Digest, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        var content = await from.OpenReadAsync(blob.Digest, cancellationToken).ConfigureAwait(false);
        await using (content.ConfigureAwait(false))
        {
            await to.WriteAsync(blob.Digest, blob.Size, content, cancellationToken).ConfigureAwait(false);
        }
    }
}
