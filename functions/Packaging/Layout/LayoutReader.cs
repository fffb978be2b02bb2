using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Release;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Packaging.Layout;

/// <summary>Finds releases in an OCI image-layout.</summary>
public static class LayoutReader
{
    /// <summary>The releases that an <c>index.json</c> names. It is unsigned: verify each before use.</summary>
    /// <exception cref="PackageFormatException">When it is not an OCI index.</exception>
    public static IReadOnlyList<ReleaseRef> ReadReleases(ReadOnlySpan<byte> indexJson) =>
        [.. LayoutIndex.Read(indexJson).Select(LayoutIndex.AsRelease).OfType<ReleaseRef>()];

    /// <summary>The deltas that an <c>index.json</c> names; unsigned as well.</summary>
    /// <exception cref="PackageFormatException">When it is not an OCI index.</exception>
    public static IReadOnlyList<DeltaOffer> ReadDeltas(ReadOnlySpan<byte> indexJson) =>
        [.. LayoutIndex.Read(indexJson).Select(LayoutIndex.AsDelta).OfType<DeltaOffer>()];

    /// <summary>The releases of a layout folder.</summary>
    /// <exception cref="PackageFormatException">With <c>not-a-layout</c> when the folder has no index.json.</exception>
    public static IReadOnlyList<ReleaseRef> ReadReleases(string folder) => ReadReleases(IndexOf(folder));

    /// <summary>The deltas of a layout folder.</summary>
    /// <exception cref="PackageFormatException">With <c>not-a-layout</c> when the folder has no index.json.</exception>
    public static IReadOnlyList<DeltaOffer> ReadDeltas(string folder) => ReadDeltas(IndexOf(folder));

    internal static byte[] IndexOf(string folder)
    {
        try
        {
            return PlainFile.ReadAll(Path.Combine(folder, LayoutIndex.FileName), Limits.IndexBytes);
        }
        catch (Exception unread)
            when (unread is IOException or InvalidDataException or UnauthorizedAccessException or PackageFormatException)
        {
            throw new PackageFormatException("not-a-layout", $"'{folder}' is not an OCI image-layout. {unread.Message}");
        }
    }

    /// <summary>Copies every blob of a release from a layout into a store; each is checked against its digest on the way.</summary>
    public static async Task ImportAsync(ReleaseRef release, string folder, IBlobStore store, CancellationToken cancellationToken)
    {
        var source = new FolderBlobStore(folder);
        var contents = await ReleaseContents.ReadAsync(release, source, cancellationToken).ConfigureAwait(false);
        // Documents last: a release whose index is there is complete.
        foreach (var blob in contents.Blobs.Reverse())
        {
            await BlobCopy.CopyAsync(source, store, blob, cancellationToken).ConfigureAwait(false);
        }
    }
}
