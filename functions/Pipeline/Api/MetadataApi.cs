using Microsoft.AspNetCore.Http;
using SlmOps.Packaging.Tuf;
using SlmOps.Pipeline.Repository;

namespace SlmOps.Pipeline.Api;

/// <summary><c>GET metadata/{file}</c>: the files as they lie in storage, few and small.</summary>
internal sealed class MetadataApi(MetadataFiles files)
{
    internal async Task<IResult> FileAsync(HttpRequest request, string file, CancellationToken cancellationToken)
    {
        if (!TufFileName.IsValid(file))
        {
            return Results.Problem("There are timestamp.json and N.root.json, N.targets.json, N.snapshot.json.", statusCode: 400);
        }

        if (await files.OpenAsync(file, TufFileName.MaxBytes, cancellationToken).ConfigureAwait(false) is not { } found)
        {
            return Results.Problem($"There is no metadata file {file}.", statusCode: 404);
        }

        if (found.Bytes.Length > TufFileName.MaxBytes)
        {
            return Results.Problem($"The metadata file {file} has more than {TufFileName.MaxBytes} bytes.", statusCode: 500);
        }

        var etag = found.ETag.ToString("H");
        request.HttpContext.Response.Headers.ETag = etag;
        return EntityTags.NoneMatchNames(request, etag)
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Bytes(found.Bytes, "application/json");
    }
}
