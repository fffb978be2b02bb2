using Microsoft.AspNetCore.Http;
using SlmOps.Pipeline.Access;

namespace SlmOps.Pipeline.Api;

/// <summary>Refusals as problem details (RFC 9457), with a code for machines.</summary>
internal static class Problem
{
    internal static IResult Of(int status, string code, string detail) =>
        Results.Problem(detail, statusCode: status, extensions: new Dictionary<string, object?> { ["code"] = code });

    /// <summary>Somebody is not let in.</summary>
    internal static IResult Of(HttpRequest request, Refusal refusal)
    {
        if (refusal.Status == StatusCodes.Status401Unauthorized)
        {
            request.HttpContext.Response.Headers.WWWAuthenticate = "Bearer";
        }

        return Of(refusal.Status, refusal.Code, refusal.Reason);
    }
}
