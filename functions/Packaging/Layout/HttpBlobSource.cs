using System.Net;
using SlmOps.Contracts;
using SlmOps.Packaging.Format;
using SlmOps.Packaging.Storage;
using SlmOps.Packaging.Tuf;

namespace SlmOps.Packaging.Layout;

/// <summary>Blobs of a layout that a web server or a public blob container serves.</summary>
/// <param name="http">Client; its timeout and handlers apply.</param>
/// <param name="root">Address of the layout: blobs are at <c>blobs/sha256/&lt;hex&gt;</c> below it.</param>
public sealed class HttpBlobSource(HttpClient http, Uri root) : IBlobSource
{
    private readonly string _root = root.AbsoluteUri.TrimEnd('/');

    /// <summary>The layout's own files; what else the server holds is not known.</summary>
    /// <exception cref="PackageFormatException">When one is too large.</exception>
    /// <exception cref="FileNotFoundException">When there is no <c>index.json</c>.</exception>
    public async Task<LayoutFiles> ReadFilesAsync(CancellationToken cancellationToken)
    {
        var index = await FileAsync(LayoutIndex.FileName, Limits.IndexBytes, cancellationToken).ConfigureAwait(false);
        try
        {
            return new(index, await FileAsync(LayoutMarker.FileName, LayoutMarker.MaxBytes, cancellationToken).ConfigureAwait(false), null);
        }
        catch (FileNotFoundException)
        {
            return new(index, null, null);
        }
    }

    /// <summary>The releases that the layout's <c>index.json</c> names; verify each before use.</summary>
    /// <exception cref="PackageFormatException">When it is too large or no OCI index.</exception>
    /// <exception cref="FileNotFoundException">When there is none.</exception>
    public async Task<IReadOnlyList<ReleaseRef>> ReadReleasesAsync(CancellationToken cancellationToken) =>
        LayoutReader.ReadReleases(
            await FileAsync(LayoutIndex.FileName, Limits.IndexBytes, cancellationToken).ConfigureAwait(false));

    /// <summary>The deltas that the layout's <c>index.json</c> names.</summary>
    /// <exception cref="PackageFormatException">When it is too large or no OCI index.</exception>
    /// <exception cref="FileNotFoundException">When there is none.</exception>
    public async Task<IReadOnlyList<DeltaOffer>> ReadDeltasAsync(CancellationToken cancellationToken) =>
        LayoutReader.ReadDeltas(
            await FileAsync(LayoutIndex.FileName, Limits.IndexBytes, cancellationToken).ConfigureAwait(false));

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(Digest digest, CancellationToken cancellationToken) =>
        OpenAsync($"blobs/sha256/{digest.Hex}", cancellationToken);

    private async Task<byte[]> FileAsync(string name, int limit, CancellationToken cancellationToken)
    {
        var stream = await OpenAsync(name, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            return await BoundedRead.AllAsync(stream, limit, name, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Stream> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var address = new Uri($"{_root}/{path}");
        var response = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            // The stream holds the connection; disposing it gives both back.
            return await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        }

        using (response)
        {
            throw response.StatusCode == HttpStatusCode.NotFound
                ? new FileNotFoundException($"{address} does not exist.")
                : new HttpRequestException($"{address} answered {(int)response.StatusCode}.", null, response.StatusCode);
        }
    }
}
