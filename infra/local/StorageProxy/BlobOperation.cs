using Microsoft.AspNetCore.Http;

namespace SlmOps.Local.StorageProxy;

/// <summary>A request that Azure tells about once it has succeeded.</summary>
/// <param name="Api">Name of the operation, as events give it.</param>
/// <param name="Account">Account name, the first segment of the path.</param>
/// <param name="Container">Container name.</param>
/// <param name="Blob">Blob name, decoded.</param>
/// <param name="RawPath">The path as it was sent, without the query.</param>
internal sealed record BlobOperation(string Api, string Account, string Container, string Blob, string RawPath)
{
    /// <summary>True for a deletion.</summary>
    public bool Deletes => Api == "DeleteBlob";

    /// <summary>True when the request itself tells type and length of the new blob.</summary>
    public bool DescribesItself => Api == "PutBlob";

    /// <summary>
    /// Recognises Put Blob, Put Block List, Copy Blob and Delete Blob; null for every other request.
    /// <code>PUT /devstoreaccount1/drop/my%20model.onnx?comp=blocklist</code>
    /// </summary>
    public static BlobOperation? Recognise(string method, string rawTarget, IQueryCollection query, Func<string, string?> header)
    {
        // A snapshot or a version is not the blob, and container operations carry restype.
        if (query.ContainsKey("restype") || query.ContainsKey("snapshot") || query.ContainsKey("versionid"))
        {
            return null;
        }

        var api = (method, query["comp"].ToString()) switch
        {
            ("PUT", "blocklist") => "PutBlockList",
            ("PUT", "") when header("x-ms-blob-type") is not null => "PutBlob",
            ("PUT", "") when header("x-ms-copy-source") is not null => "CopyBlob",
            ("DELETE", "") when header("x-ms-delete-snapshots") is not "only" => "DeleteBlob",
            _ => null,
        };
        if (api is null)
        {
            return null;
        }

        var path = rawTarget.Split('?', 2)[0];
        var parts = path.Split('/', 4);
        return parts switch
        {
            ["", { Length: > 0 } account, { Length: > 0 } container, { Length: > 0 } blob] =>
                new(api, account, Uri.UnescapeDataString(container), Uri.UnescapeDataString(blob), path),
            ["", { Length: > 0 } account, { Length: > 0 } blob] =>
                new(api, account, "$root", Uri.UnescapeDataString(blob), path),
            _ => null,
        };
    }
}
