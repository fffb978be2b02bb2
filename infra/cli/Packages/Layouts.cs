using SlmOps.Contracts;
using SlmOps.Packaging;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Layout;
using SlmOps.Packaging.Manifests;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Cli.Packages;

/// <summary>A layout to read: a folder, an archive is imported first, or the address of one.</summary>
internal sealed record Layouts(LayoutFiles Files, IBlobSource Blobs, IReadOnlyList<ReleaseRef> Releases, IReadOnlyList<DeltaOffer> Deltas)
{
    internal static async Task<Layouts> OpenAsync(string place, HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            if (Uri.TryCreate(place, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            {
                var source = new HttpBlobSource(http, url);
                return Of(await source.ReadFilesAsync(cancellationToken), source);
            }

            return Of(LayoutFiles.Read(place), new FolderBlobStore(place));
        }
        catch (Exception fault)
            when (fault is PackageFormatException or InvalidDataException or IOException or UnauthorizedAccessException
                or HttpRequestException)
        {
            throw new CliException($"{place}: {fault.Message}");
        }
    }

    private static Layouts Of(LayoutFiles files, IBlobSource blobs) =>
        new(files, blobs, LayoutReader.ReadReleases(files.Index), LayoutReader.ReadDeltas(files.Index));

    /// <summary>The index of a layout that holds one release.</summary>
    internal async Task<ReleaseIndex> OnlyAsync(string place, CancellationToken cancellationToken) => Releases.Count == 1
        ? ReleaseReader.ReadIndex(await Blobs.ReadAsync(Releases[0].Digest, Limits.IndexBytes, cancellationToken))
        : throw new CliException($"{place} holds {Releases.Count} releases; name a layout with one.", ExitCode.Usage);
}
