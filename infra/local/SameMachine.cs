using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SlmOps.Local;

/// <summary>
/// A page in a browser can send requests to this machine: under a name that its owner points here (DNS rebinding), or across
/// sites, where it cannot read the answer but the deed would be done. Neither gets in. Azurite's own ports have the same rule, in
/// <c>Azurite/supervised.js</c>.
/// </summary>
internal static class SameMachine
{
    internal const string Code = "ForeignRequest";

    private static readonly string[] Names = ["localhost", "127.0.0.1", "[::1]"];

    internal static void Use(WebApplication app) => app.Use((context, next) =>
    {
        if (Fault(context.Request.Host, context.Request.Headers) is not { } why)
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        context.Response.Headers["x-ms-error-code"] = Code;
        return context.Response.WriteAsJsonAsync(new { error = new { code = Code, message = why } }, context.RequestAborted);
    });

    /// <summary>Why a request is not taken, or null.</summary>
    internal static string? Fault(HostString host, IHeaderDictionary headers)
    {
        if (!IsOurs(host.Host))
        {
            return $"This is a local platform: it answers to {string.Join(", ", Names)} and to no other host name.";
        }

        if (headers.Origin.Any(origin => !Uri.TryCreate(origin, UriKind.Absolute, out var page) || !IsOurs(page.Host)))
        {
            return "This is a local platform: it takes nothing from pages of other origins.";
        }

        return headers["Sec-Fetch-Site"].Any(site => site?.Contains("cross-site", StringComparison.OrdinalIgnoreCase) == true)
            ? "This is a local platform: it takes nothing from other sites. A link from there does not open; type the address."
            : null;
    }

    private static bool IsOurs(string name) => Names.Contains(name, StringComparer.OrdinalIgnoreCase);
}
